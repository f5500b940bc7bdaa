// Package app is the composition of scaipd: it opens the data directory, the two logs and the ten stores, wires the ten services to
// them and to HTTP, and runs it all until it is told to stop.
//
// It guarantees: one daemon a data directory; no route without a row in event.RouteAccess; nothing is served before every service has
// recovered; a stop takes nothing more in, tells the clients, lets what is under way reach the services, and closes in order.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// An App is one daemon. Open makes it; Run runs and closes it.
type App struct {
	c       Config
	dir     *dataDir
	disk    *disk
	logs    *logs
	stores  stores
	system  *system
	outside net.Listener // for browsers and programs
	admin   *adminSocket
	started time.Time
	ready   chan struct{} // closed when everything is served
	stopped chan struct{} // closed when the stop has begun

	readiness readiness
}

// Open takes the data directory, starts the logs, opens the stores, listens, and wires everything. Nothing runs yet. A second daemon on the
// directory gets ErrLocked and has written nothing.
func Open(ctx context.Context, c Config) (*App, error) {
	c, err := c.complete()
	if err != nil {
		return nil, fmt.Errorf("configure: %w", err)
	}
	a := &App{c: c, started: c.Now(), ready: make(chan struct{}), stopped: make(chan struct{})}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	if a.dir, err = openDataDir(a.c.DataDir); err != nil {
		return err
	}
	if a.dir.loose {
		a.c.Logger.Warn("the data directory was open to others; it is closed now", "dir", a.c.DataDir)
	}
	if a.outside, err = net.Listen("tcp", a.c.Listen); err != nil {
		return fmt.Errorf("listen on %s (is another program using the port? choose another with --listen): %w", a.c.Listen, err)
	}
	if a.admin, err = listenAdmin(a.dir); err != nil {
		return err
	}
	if a.disk, err = newDisk(a.c.DataDir, a.c.MinFree, a.c.Logger); err != nil {
		return err
	}
	if err := a.openData(ctx); err != nil {
		return err
	}
	a.system, err = wire(parts{config: a.c, logs: a.logs, stores: a.stores, disk: a.disk, dir: a.dir, boot: rand.Text()})
	return err
}

// openData opens logs and stores side by side.
func (a *App) openData(ctx context.Context) error {
	var logsErr, storesErr error
	var wg sync.WaitGroup
	wg.Go(func() {
		if a.logs, logsErr = openLogs(ctx, a.c, a.dir, a.disk); logsErr == nil {
			logsErr = createTopics(ctx, a.logs.events)
		}
	})
	wg.Go(func() { a.stores, storesErr = openStores(a.c, a.dir) })
	wg.Wait()
	return errors.Join(logsErr, storesErr)
}

// URL is the address for browsers.
func (a *App) URL() string { return a.c.url(a.outside.Addr()) }

// Ready is closed when all services have recovered and the daemon answers.
func (a *App) Ready() <-chan struct{} { return a.ready }

// SetupToken returns the token of the setup link if the daemon has no administrator yet. It is good once, for 30 minutes. Call it when
// Ready.
func (a *App) SetupToken(ctx context.Context) (token string, needed bool, err error) {
	return a.system.auth.SetupToken(ctx)
}

// How long the steps of a stop may take at most.
const (
	requestsTimeout = 2 * time.Second
	drainTimeout    = 2 * time.Second
	servicesTimeout = 5 * time.Second
)

// Run runs the daemon until ctx ends, which is no error, or a part of it fails, and closes it.
func (a *App) Run(ctx context.Context) error {
	core := newGroup(context.WithoutCancel(ctx))
	edges := newGroup(context.WithoutCancel(ctx))
	core.start("disk", func(ctx context.Context) error { a.disk.run(ctx); return nil })
	var err error
	for _, st := range a.system.core() {
		if err == nil && ctx.Err() == nil {
			for name, run := range st.runs {
				core.start(name, run)
			}
			err = a.wait(ctx, core, st.ready)
		}
	}
	var servers []*http.Server
	if err == nil && ctx.Err() == nil {
		a.system.startEdges(edges)
		err = a.wait(ctx, edges, a.system.opened())
	}
	if err == nil && ctx.Err() == nil {
		servers, err = a.serve(edges)
	}
	if err == nil && ctx.Err() == nil {
		close(a.ready)
		select {
		case <-ctx.Done():
		case err = <-core.failed:
		case err = <-edges.failed:
		}
	}
	close(a.stopped)
	a.stop(servers, core, edges)
	return errors.Join(err, a.close())
}

// wait returns when all steps are done, a part of g has failed, or ctx has ended.
func (a *App) wait(ctx context.Context, g *group, steps []<-chan struct{}) error {
	for _, done := range steps {
		select {
		case <-done:
		case err := <-g.failed:
			return err
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// stop takes in nothing more, closes the sockets, lets what is on its way arrive, and ends the services.
func (a *App) stop(servers []*http.Server, core, edges *group) {
	ctx, cancel := context.WithTimeout(context.Background(), requestsTimeout)
	defer cancel()
	var wg sync.WaitGroup
	for _, s := range servers {
		wg.Go(func() {
			if s.Shutdown(ctx) != nil { // a download, say
				_ = s.Close()
			}
		})
	}
	if !edges.stop(servicesTimeout) {
		a.c.Logger.Warn("sockets did not close in time")
	}
	wg.Wait()
	a.system.drain(drainTimeout)
	if !core.stop(servicesTimeout) {
		a.c.Logger.Warn("services did not stop in time")
	}
}

// close frees what open has opened, in reverse.
func (a *App) close() (err error) {
	if a.stores != nil {
		err = errors.Join(err, a.stores.close())
	}
	if a.logs != nil {
		err = errors.Join(err, a.logs.close())
	}
	if a.admin != nil {
		a.admin.close()
	}
	if a.outside != nil {
		_ = a.outside.Close() // the server may have closed it
	}
	if a.dir != nil {
		a.dir.close()
	}
	return err
}
