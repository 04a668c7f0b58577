package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"dossier/adapters/fakesynaps"
)

// fakeAPI is a fake Synaps whose API is served.
type fakeAPI struct {
	*fakesynaps.Provider
	listener net.Listener
	server   *http.Server
	served   chan struct{} // closed when it is not served any more
}

// serveFake serves a fake Synaps on a free port of this machine.
func serveFake(cfg fakesynaps.Config) (*fakeAPI, error) { return serveFakeOn("127.0.0.1:0", cfg) }

func serveFakeOn(address string, cfg fakesynaps.Config) (*fakeAPI, error) {
	provider, err := fakesynaps.New(cfg)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the API of the fake Synaps: %w", err)
	}
	api := &fakeAPI{
		Provider: provider, listener: listener, served: make(chan struct{}),
		server: &http.Server{Handler: provider.Handler(), ReadHeaderTimeout: 10 * time.Second},
	}
	go func() {
		defer close(api.served)
		_ = api.server.Serve(listener) // until it is closed
	}()
	return api, nil
}

// baseURL is what DOSSIER_SYNAPS_BASE_URL is to be.
func (api *fakeAPI) baseURL() string { return "http://" + api.listener.Addr().String() + "/v4" }

// Close ends the API.
func (api *fakeAPI) Close() error {
	err := api.server.Close()
	<-api.served
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
