package services

import "scaip/internal/store"

// Applied returns, for each Origin of which the store's service has applied a record, the highest Seq among them.
func Applied(r store.Reader) (map[string]uint64, error) {
	marks := map[string]uint64{}
	for row, err := range store.Table[uint64]("sys/origin").Scan(r, store.Range{}) {
		if err != nil {
			return nil, err
		}
		marks[row.Key] = row.Value
	}
	return marks, nil
}
