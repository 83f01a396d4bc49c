package catalog

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/dolthub/go-mysql-server/sql"

	"github.com/wasql/wasql/abi"
	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/gms"
	"github.com/wasql/wasql/engine/sqlerr"
	"github.com/wasql/wasql/host"
)

// create opens the table for the first time, and has its connector make it when it makes tables.
func (f *foreign) create(ctx *sql.Context) error {
	s, own, ofTable, err := f.open(ctx)
	if err != nil {
		return err
	}
	f.source, f.own = s, own
	if err = f.find(ctx, ofTable); err == nil {
		_, err = s.table(ctx, f.Database, f.Name, f.ref)
	}
	if err != nil {
		f.undo(ctx)
	}
	return err
}

// find has the table made, or finds the connector's table that it shall stand for.
func (f *foreign) find(ctx *sql.Context, ofTable map[string]string) error {
	s := f.source
	if f.Form != ServerForm && f.Server == "" && s.Connector.Manifest().GetFeatures()&uint64(pb.Feature_FEATURE_DEFINITION) != 0 && f.asked() == "" {
		if err := f.refuseEponymous(ctx); err != nil {
			return err
		}
		if err := s.refuseShadow(ctx, f.Name); err != nil {
			return err
		}
		err := f.make(ctx, ofTable)
		if err == nil || !gms.Said(err, abi.Unimplemented) {
			return err
		}
	}
	ref, err := f.behind(ctx)
	if err != nil {
		return err
	}
	f.ref, f.Remote = f.refer(ref, ofTable), ref.Name
	return f.check(ctx)
}

// make has the connector create the table.
func (f *foreign) make(ctx *sql.Context, ofTable map[string]string) error {
	table := &pb.Table{}
	if f.Columns != nil {
		table = f.Columns.CloneVT()
	}
	table.Name, table.Options = f.Name, ofTable
	answer := &pb.CreateResponse{}
	request := &pb.CreateRequest{Database: f.source.name, Table: table, Arguments: f.Arguments}
	if err := f.source.Send(ctx, pb.Op_OP_CREATE, request, answer); err != nil {
		return err
	}
	f.Made, f.Remote = true, f.Name
	f.Data, f.Version = answer.GetTable().GetData(), answer.GetTable().GetVersion()
	f.ref = f.refer(&pb.TableRef{Name: f.Name}, ofTable)
	f.ref.Data, f.ref.Version = f.Data, f.Version
	return nil
}

// connect has the connector open a table that it made in an earlier life of the engine.
func (f *foreign) connect(ctx *sql.Context, ofTable map[string]string) error {
	table := &pb.Table{}
	if f.Columns != nil {
		table = f.Columns.CloneVT()
	}
	table.Name, table.Options, table.Data, table.Version = f.Remote, ofTable, f.Data, f.Version
	answer := &pb.ConnectResponse{}
	request := &pb.ConnectRequest{Database: f.source.name, Table: table, Arguments: f.Arguments}
	err := f.source.Send(ctx, pb.Op_OP_CONNECT, request, answer)
	if err != nil && !gms.Said(err, abi.Unimplemented) {
		return err
	}
	f.ref = f.refer(&pb.TableRef{Name: f.Remote}, ofTable)
	f.ref.Data, f.ref.Version = f.Data, f.Version
	if err == nil {
		f.ref.Data, f.ref.Version = answer.GetTable().GetData(), answer.GetTable().GetVersion()
	}
	return nil
}

// refer is ref with what the statement says of the table.
func (f *foreign) refer(ref *pb.TableRef, ofTable map[string]string) *pb.TableRef {
	full := ref.CloneVT()
	full.Arguments, full.Columns = f.Arguments, f.Columns.GetColumns()
	if full.Database == "" {
		full.Database = f.schema()
	}
	if full.Options == nil {
		full.Options = map[string]string{}
	}
	maps.Copy(full.Options, ofTable)
	return full
}

// opened gives the connector of the table and the reference to it, opening what is not open. What the transactions of a
// connector of its own left open is finished by then, where that can be done.
func (f *foreign) opened(ctx *sql.Context) (*source, *pb.TableRef, error) {
	s, ref, err := f.there(ctx)
	if err == nil && f.catalog.config.Opened != nil && s.Connector.Key() != s.Connector.Name() {
		f.recovered.Do(func() { f.catalog.config.Opened(context.WithoutCancel(ctx), s.Connector) })
	}
	return s, ref, err
}

// there is opened without that.
func (f *foreign) there(ctx *sql.Context) (*source, *pb.TableRef, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.source != nil {
		return f.source, f.ref, nil
	}
	s, own, ofTable, err := f.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	f.source, f.own = s, own
	if f.Made {
		err = f.connect(ctx, ofTable)
	} else {
		f.ref = f.refer(&pb.TableRef{Name: f.Remote}, ofTable)
	}
	if err == nil {
		return s, f.ref, nil
	}
	f.source, f.own = nil, false
	if own {
		err = errors.Join(err, s.close(ctx))
	}
	return nil, nil, err
}

// open opens the connector of the table, or shares that of its server or of its engine, and gives
// the options of the table. own: nothing else uses the connector.
func (f *foreign) open(ctx *sql.Context) (s *source, own bool, ofTable map[string]string, err error) {
	d, given, err := f.place(ctx)
	if err != nil {
		return nil, false, nil, err
	}
	module, err := d.compiled(ctx)
	if err != nil {
		return nil, false, nil, err
	}
	manifest, err := module.Manifest(ctx)
	if err != nil {
		return nil, false, nil, err
	}
	options, ofTable, own, err := f.options(ctx, d, module, manifest, given)
	if err != nil {
		return nil, false, nil, err
	}
	if own {
		options.Key = f.key(d)
		s, err = d.open(ctx, module, options)
	} else if s, err = d.mounted(ctx); err == nil {
		s = s.apart()
	}
	if err != nil {
		return nil, false, nil, err
	}
	s.given = f.Columns
	return s, own, ofTable, nil
}

// place finds the database whose connector it is, and the options that the statement gives.
func (f *foreign) place(ctx *sql.Context) (*database, map[string]string, error) {
	c := f.catalog
	given := maps.Clone(f.Options)
	for _, argument := range f.Arguments {
		if argument.Name == "" {
			continue
		}
		if given == nil {
			given = map[string]string{}
		}
		given[argument.Name] = argument.Value
	}
	if f.Server == "" {
		d, err := c.connector(f.Connector)
		return d, given, err
	}
	server := c.server(f.Server)
	if server == nil {
		return nil, nil, c.unknownServer(f.Server)
	}
	name, found := optionNamed(given, wrapperOption)
	if found {
		given = without(given, wrapperOption)
		d, err := c.wrapped(name)
		if err != nil {
			return nil, nil, err
		}
		merged := maps.Clone(server.Options)
		maps.Copy(merged, given)
		f.Connector = d.mount.Name
		return d, without(merged, wrapperOption), nil
	}
	if server.database == nil {
		return nil, nil, sqlerr.New(1432, "HY000", "server %s names no connector, and neither does table %s", server.Name, f.Name).
			WithHint("give the option %s 'name' to either", wrapperOption)
	}
	if f.Form == EngineForm && !strings.EqualFold(f.Connector, server.connector) {
		return nil, nil, sqlerr.New(1432, "HY000", "server %s is one of connector %s, not of %s", server.Name, server.connector, f.Connector)
	}
	return server.database, given, nil
}

// options sorts the options of the statement into those of the connector and those of the table.
// own: the connector must be open for this table alone, since some are the connector's, or grant it
// files that its other tables have not.
func (f *foreign) options(ctx *sql.Context, d *database, module *host.Module, manifest *pb.HelloResponse, given map[string]string) (options host.Options, ofTable map[string]string, own bool, err error) {
	if options, err = d.prepared(ctx, module); err != nil {
		return options, nil, false, err
	}
	if f.catalog.homeOf(d) != nil { // what it was given is for the databases it keeps
		options.Options, options.Grant, own = nil, host.Grant{}, true
	}
	options.Options = maps.Clone(options.Options)
	if options.Options == nil {
		options.Options = map[string]string{}
	}
	if f.Form == ModuleForm {
		options.Arguments, own = f.Arguments, true
	}
	ofTable = map[string]string{}
	shared := d.isServer()
	wrong := func(e *host.Error) error {
		e.Connector, e.Call = d.mount.Name, "open "+f.Name
		return e
	}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given[name]
		option := declaredOption(manifest, name)
		switch {
		case option == nil && f.names(name):
			continue
		case option == nil && f.Form == ModuleForm:
			warnUndeclared(ctx, manifest, name)
			continue
		case option == nil:
			return options, nil, false, wrong(host.CheckOptions(manifest, host.ScopeTable, map[string]string{name: value}))
		case seen[option.Name]:
			return options, nil, false, sqlerr.New(1210, "HY000", "option %s of connector %s is given twice", option.Name, d.mount.Name)
		}
		seen[option.Name] = true
		if option.Scope == pb.OptionScope_OPTION_SCOPE_TABLE || shared {
			ofTable[option.Name] = value
		} else {
			options.Options[option.Name], own = value, true
		}
		if option.Type != "path" || value == "" {
			continue
		}
		grants, err := d.grantPath(ctx, value)
		if err != nil {
			return options, nil, false, err
		}
		if _, err := stampFiles(grants); err != nil {
			return options, nil, false, err
		}
		options.Grant.Files, own = slices.Concat(options.Grant.Files, grants), true
	}
	if e := host.CheckOptions(manifest, host.ScopeTable, ofTable); e != nil {
		return options, nil, false, wrong(e)
	}
	if err := f.checkColumnOptions(manifest, wrong); err != nil {
		return options, nil, false, err
	}
	if own && f.Columns != nil {
		table := f.Columns.CloneVT()
		table.Name, table.Options = f.Name, ofTable
		options.Tables = []*pb.Table{table}
	}
	return options, ofTable, own, missingOption(manifest, d.mount.Name, f.Name, options.Options, ofTable)
}

// checkColumnOptions holds the options of the columns against those the manifest declares.
func (f *foreign) checkColumnOptions(manifest *pb.HelloResponse, wrong func(*host.Error) error) error {
	for _, column := range f.Columns.GetColumns() {
		if e := host.CheckOptions(manifest, host.ScopeColumn, column.Options); e != nil {
			e.Message = "column " + column.Name + ": " + e.Message
			return wrong(e)
		}
	}
	return nil
}

// missingOption names a required option that neither the connector nor the table has.
func missingOption(manifest *pb.HelloResponse, connector, table string, ofConnector, ofTable map[string]string) error {
	for _, option := range manifest.GetOptions() {
		if !option.Required || option.Scope == pb.OptionScope_OPTION_SCOPE_COLUMN {
			continue
		}
		_, first := ofConnector[option.Name]
		_, second := ofTable[option.Name]
		if first || second {
			continue
		}
		e := sqlerr.New(1210, "HY000", "table %s of connector %s needs the option %s", table, connector, option.Name)
		example := option.Example
		if example == "" {
			example = "…"
		}
		return e.WithHint("%s", strings.TrimPrefix(option.Description+": ", ": ")+option.Name+" '"+example+"'")
	}
	return nil
}
