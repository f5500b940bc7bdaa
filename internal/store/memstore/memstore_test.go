package memstore_test

import (
	"testing"

	"scaip/internal/store"
	"scaip/internal/store/memstore"
	"scaip/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Opener{Open: func(string) (store.Store, error) { return memstore.New(), nil }})
}
