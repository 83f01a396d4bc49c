package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/wasql/wasql/engine"
)

// pluginFolder keeps installed connectors in the folder of --db: connectors/NAME.wasm, and what is known of it in
// connectors/NAME.json. The second file is written last and removed first: without it there is no plugin.
type pluginFolder struct{ path string }

// pluginsOf is the folder of installed connectors below that of --db.
func pluginsOf(db string) (pluginFolder, error) {
	path, _, _ := strings.Cut(db, "?")
	folder, err := makeFolder(path)
	return pluginFolder{filepath.Join(folder, "connectors")}, err
}

var _ engine.Plugins = pluginFolder{}

// record is what the second file holds.
type record struct {
	Name        string `json:"name"`
	File        string `json:"file"`
	SHA256      string `json:"sha256"`
	IndexDriver string `json:"index_driver,omitempty"`
}

// List implements engine.Plugins, in the order of the names.
func (f pluginFolder) List() ([]engine.Plugin, error) {
	files, err := filepath.Glob(filepath.Join(f.path, "*.json"))
	if err != nil {
		return nil, err
	}
	var all []engine.Plugin
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var r record
		if err := json.Unmarshal(text, &r); err != nil || r.Name == "" {
			return nil, fmt.Errorf("%s does not say which connector is installed: %w", file, err)
		}
		p := engine.Plugin{Name: r.Name, File: r.File, Digest: r.SHA256, IndexDriver: r.IndexDriver}
		p.Wasm = func() ([]byte, error) {
			wasm, err := os.ReadFile(f.wasm(r.Name))
			if err != nil {
				return nil, err
			}
			return wasm, p.CheckDigest(wasm)
		}
		all = append(all, p)
	}
	return all, nil
}

func (f pluginFolder) wasm(name string) string {
	return filepath.Join(f.path, strings.ToLower(name)+".wasm")
}
func (f pluginFolder) json(name string) string {
	return filepath.Join(f.path, strings.ToLower(name)+".json")
}

// Put implements engine.Plugins.
func (f pluginFolder) Put(p engine.Plugin, wasm []byte) error {
	if strings.Trim(strings.ToLower(p.Name), "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return usageError{fmt.Errorf("connector name %q: a connector that is kept has letters, digits, _ and - in its name", p.Name)}
	}
	if err := os.MkdirAll(f.path, 0o750); err != nil {
		return err
	}
	if err := replaceFile(f.wasm(p.Name), wasm); err != nil {
		return err
	}
	text, err := json.MarshalIndent(record{Name: p.Name, File: p.File, SHA256: p.Digest, IndexDriver: p.IndexDriver}, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(f.json(p.Name), append(text, '\n'))
}

// replaceFile writes a file whole: nobody sees half of it, and it is on disk when this returns.
func replaceFile(path string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// Drop implements engine.Plugins.
func (f pluginFolder) Drop(name string) error {
	for _, file := range []string{f.json(name), f.wasm(name)} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// installCommand installs a connector for the queries over a folder.
func installCommand() *cobra.Command {
	s := &setup{}
	var name string
	cmd := &cobra.Command{
		Use:   "install FILE.wasm",
		Short: "Install a connector in the folder of --db; nothing is granted to it",
		Args:  oneArgument("a module's file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withPlugins(cmd, func(o *opened) error {
				wasm, err := os.ReadFile(args[0])
				if err != nil {
					return err
				}
				module, err := o.runtime.Compile(cmd.Context(), args[0], wasm)
				if err != nil {
					return err
				}
				manifest, err := module.Manifest(cmd.Context())
				if err != nil {
					return err
				}
				if name == "" {
					name = manifest.GetName()
				}
				if err := o.engine.Install(cmd.Context(), name, args[0], wasm); err != nil {
					return err
				}
				var said strings.Builder
				fmt.Fprintf(&said, "installed %s %s as %s: sha256:%s\n", manifest.GetName(), manifest.GetVersion(), name, module.Info().Digest)
				for _, grant := range manifest.GetGrants() {
					fmt.Fprintf(&said, "asks for %s %s (not granted): %s\n", grant.GetPower(), grant.GetTarget(), grant.GetReason())
				}
				_, err = io.WriteString(cmd.OutOrStdout(), said.String())
				return err
			})
		},
	}
	s.dbFlag(cmd)
	cmd.Flags().StringVar(&name, "name", "", "what it is called in SQL (default: what it calls itself)")
	return cmd
}

// uninstallCommand takes an installed connector away.
func uninstallCommand() *cobra.Command {
	s := &setup{}
	cmd := &cobra.Command{
		Use:   "uninstall NAME",
		Short: "Take an installed connector out of the folder of --db",
		Args:  oneArgument("the name of an installed connector"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withPlugins(cmd, func(o *opened) error {
				result, err := o.session.Query(cmd.Context(), "UNINSTALL PLUGIN `"+strings.ReplaceAll(args[0], "`", "``")+"`")
				if err != nil {
					return err
				}
				return result.Close(cmd.Context())
			})
		},
	}
	s.dbFlag(cmd)
	return cmd
}

func (s *setup) dbFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.db, "db", os.Getenv(homeVariable), "the `folder` of the tables that the connector is installed for (default: $"+homeVariable+")")
}

// withPlugins runs f over an engine on the folder of --db, which must be named.
func (s *setup) withPlugins(cmd *cobra.Command, f func(*opened) error) error {
	if s.db == "" {
		return usageError{errors.New("--db FOLDER says which tables the connector is installed for")}
	}
	o, err := s.open(cmd.Context(), nil, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer o.close()
	return f(o)
}
