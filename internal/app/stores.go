package app

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"scaip/internal/store"
	"scaip/internal/store/badgerstore"
	"scaip/internal/store/boltstore"
)

// An engine is what holds a service's store.
type engine string

const (
	bolt   engine = "bbolt"             // few writes: stands for PostgreSQL
	badger engine = "badger"            // many writes: stands for MongoDB
	memory engine = "badger, in memory" // rebuilt at each start: stands for Redis
)

// engines says what holds the store of each of the ten services.
func engines() map[string]engine {
	return map[string]engine{
		"auth": bolt, "dispatch": bolt, "users": bolt, "groups": bolt,
		"messaging": badger, "calls": badger, "query": badger,
		"gateway": memory, "audio": memory, "video": memory,
	}
}

// sealLedger names the ledger of sealed calls among the stores. It is no service's; if it is lost, it comes back from the fates of calls that
// query keeps, and from the files.
const sealLedger = "sealed"

// stores are the ten services' databases, by service, and the ledger of sealed calls.
type stores map[string]store.Store

// openStores opens all at once: each takes some milliseconds of waiting for the disk.
func openStores(c Config, dir *dataDir) (stores, error) {
	if err := os.MkdirAll(dir.join("stores"), 0o700); err != nil {
		return nil, fmt.Errorf("make stores: %w", err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	all := make(stores)
	wanted := engines()
	wanted[sealLedger] = bolt
	for service, e := range wanted {
		wg.Go(func() {
			s, err := openStore(c, dir.join("stores", service), e)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("open %s's store: %w", service, err))
				return
			}
			all[service] = s
		})
	}
	wg.Wait()
	if failed != nil {
		return nil, errors.Join(failed, all.close())
	}
	return all, nil
}

func openStore(c Config, path string, e engine) (store.Store, error) {
	switch e {
	case bolt:
		return asStore(boltstore.Open(path+".bolt", nil))
	case badger:
		return asStore(badgerstore.Open(path, &badgerstore.Options{Logger: c.Logger}))
	default:
		return asStore(badgerstore.Open("", &badgerstore.Options{InMemory: true, Logger: c.Logger}))
	}
}

// asStore keeps a nil pointer from becoming a store that is not nil.
func asStore[S store.Store](s S, err error) (store.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s stores) close() (err error) {
	for service, one := range s {
		if e := one.Close(); e != nil {
			err = errors.Join(err, fmt.Errorf("close %s's store: %w", service, e))
		}
	}
	return err
}
