package gms

import (
	"strconv"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"

	"github.com/wasql/wasql/abi/pb"
	"github.com/wasql/wasql/engine/sqlerr"
)

// Moment is what stands behind AS OF: a name, a time, or a text that may be either.
type Moment struct {
	Text string
	// Micros is the time, in microseconds since 1970 UTC, when there is one.
	Micros *int64
}

// MomentOf reads the value of an AS OF. A time without zone is one of the session's time zone.
func MomentOf(ctx *sql.Context, value any) (Moment, error) {
	switch v := value.(type) {
	case string:
		m := Moment{Text: v}
		if t, _, err := types.DatetimeMaxPrecision.Convert(ctx, v); err == nil && looksLikeTime(v) {
			if t, ok := t.(time.Time); ok {
				m.Micros = instant(ctx, t)
			}
		}
		return m, nil
	case time.Time:
		return Moment{Micros: instant(ctx, v)}, nil
	}
	return Moment{}, sqlerr.New(1525, "HY000", "incorrect AS OF value: '%v' is neither a name nor a time", value)
}

// looksLikeTime tells whether a text is meant as a time: a year, a month and a day, with marks between them.
func looksLikeTime(text string) bool {
	return len(text) >= len("2006-1-2") && strings.Count(text, "-") >= 2 && strings.IndexByte("0123456789", text[0]) >= 0
}

// instant is the time that the clocks of the session's time zone show as t.
func instant(ctx *sql.Context, t time.Time) *int64 {
	zone := time.UTC
	if name, err := ctx.GetSessionVariable(ctx, "time_zone"); err == nil {
		zone = zoneOf(name)
	}
	micros := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone).UnixMicro()
	return &micros
}

// zoneOf reads the value of time_zone: a name, an offset such as +05:30, or SYSTEM, which it is too when it is none.
func zoneOf(value any) *time.Location {
	name, _ := value.(string)
	if len(name) == len("+05:30") && strings.IndexByte("+-", name[0]) >= 0 {
		hours, err := strconv.Atoi(name[1:3])
		minutes, wrong := strconv.Atoi(name[4:])
		if err == nil && wrong == nil {
			offset := (hours*60 + minutes) * 60
			if name[0] == '-' {
				offset = -offset
			}
			return time.FixedZone(name, offset)
		}
	}
	if name != "" && !strings.EqualFold(name, "SYSTEM") {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.Local
}

// String is the moment in messages.
func (m Moment) String() string {
	if m.Text == "" && m.Micros != nil {
		return time.UnixMicro(*m.Micros).UTC().Format("2006-01-02 15:04:05.000000") + " UTC"
	}
	return "'" + m.Text + "'"
}

// Request asks for the state of the moment.
func (m Moment) Request() *pb.SnapshotRequest {
	return &pb.SnapshotRequest{AsOf: m.Text, TimeUs: m.Micros}
}

// At is the table of a moment: its reference has the token. Nothing can change it.
func (t *Table) At(m Moment) *Table {
	then := *t
	then.asOf = &pb.Value{Kind: &pb.Value_Utf8{Utf8: m.Text}}
	if m.Text == "" && m.Micros != nil {
		then.asOf.Kind = &pb.Value_Utf8{Utf8: m.String()}
	}
	return &then
}

// AsOf is what stands behind the AS OF of the table; nil: it is the table as it is.
func (t *Table) AsOf() *pb.Value { return t.asOf }
