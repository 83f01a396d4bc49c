package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/wasql/wasql/engine"
	"github.com/wasql/wasql/host"
)

// wasql is an engine in this process with the connectors store and series.
type wasql struct {
	runtime *host.Runtime
	engine  *engine.Engine
	session *engine.Session
}

// openWasql opens a folder of store. Durable: each commit is synced.
func openWasql(ctx context.Context, build, folder string, durable bool) (*wasql, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	w := &wasql{}
	w.runtime, err = host.New(ctx, host.Config{CacheDir: filepath.Join(cache, "wasql", "modules"), Collation: engine.Collation})
	if err != nil {
		return nil, err
	}
	sync := "off"
	if durable {
		sync = "full"
	}
	config := engine.Config{Runtime: w.runtime, Home: "store", GrantPath: grantAny, Connectors: []engine.ConnectorSource{
		{Name: "store", Trusted: true, Wasm: module(build, "store"), Options: map[string]string{"dir": "/db", "sync": sync},
			Grant:  host.Grant{Files: []host.FileGrant{{Path: "/db", Host: folder, Write: true}}},
			Limits: host.Limits{MemoryBytes: 2 << 30, CallTime: 10 * time.Minute}},
		{Name: "series", Trusted: true, Wasm: module(build, "series")},
	}}
	if w.engine, err = engine.New(ctx, config); err != nil {
		return nil, errors.Join(err, w.runtime.Close(ctx))
	}
	w.session = w.engine.NewSession("bench")
	return w, nil
}

func module(build, name string) func() ([]byte, error) {
	return func() ([]byte, error) { return os.ReadFile(filepath.Join(build, name+".wasm")) }
}

// grantAny lets LOAD DATA read what it names.
func grantAny(_ context.Context, _, path string) ([]host.FileGrant, error) {
	return []host.FileGrant{{Path: path, Host: path}}, nil
}

func (w *wasql) exec(ctx context.Context, text string) error {
	_, err := w.query(ctx, text)
	return err
}

func (w *wasql) query(ctx context.Context, text string) (n int, err error) {
	result, err := w.session.Query(ctx, text)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, result.Close(ctx)) }()
	if len(result.Columns()) == 0 {
		return 0, nil
	}
	for {
		_, err := result.Next(ctx)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n++
	}
}

func (w *wasql) close() error {
	ctx := context.Background()
	w.session.Close()
	return errors.Join(w.engine.Close(ctx), w.runtime.Close(ctx))
}

// startProfile begins the CPU profile that was asked for.
func (b *bench) startProfile() error {
	b.stopProfile = func() {}
	if b.profile == "" {
		return nil
	}
	file, err := os.Create(b.profile)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	b.stopProfile = func() {
		pprof.StopCPUProfile()
		if err := file.Close(); err != nil {
			line("profile", "", err.Error())
		}
	}
	return nil
}
