package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// ask is a question with bound arguments, and what reads each row of the answer.
type ask struct {
	text string
	args []any
	read func(scan func(...any) error) error
}

// together asks all of it in one round trip (PostgreSQL 55.2.4, pipelining), of
// statements that are planned once in each connection.
func (s *Store) together(ctx context.Context, asks ...ask) error {
	conn, err := s.bun.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error { return pipeline(ctx, driver.(*stdlib.Conn).Conn(), asks) })
}

func pipeline(ctx context.Context, conn *pgx.Conn, asks []ask) error {
	statements := make([]*pgconn.StatementDescription, len(asks))
	for i, a := range asks {
		var err error
		if statements[i], err = conn.Prepare(ctx, a.text, a.text); err != nil { // asked once, then known
			return err
		}
	}
	p := conn.PgConn().StartPipeline(ctx)
	for i, a := range asks {
		var bound pgx.ExtendedQueryBuilder
		if err := bound.Build(conn.TypeMap(), statements[i], a.args); err != nil {
			return errors.Join(err, p.Close())
		}
		p.SendQueryStatement(statements[i], bound.ParamValues, bound.ParamFormats, bound.ResultFormats)
	}
	if err := p.Sync(); err != nil {
		return errors.Join(err, p.Close())
	}
	for _, a := range asks {
		if err := answer(conn, p, a.read); err != nil {
			return errors.Join(err, p.Close())
		}
	}
	return p.Close()
}

// answer reads the rows of the next answer.
func answer(conn *pgx.Conn, p *pgconn.Pipeline, read func(scan func(...any) error) error) error {
	got, err := p.GetResults()
	if err != nil {
		return err
	}
	result, ok := got.(*pgconn.ResultReader)
	if !ok {
		return fmt.Errorf("store: %T is no answer to a question", got)
	}
	rows := pgx.RowsFromResultReader(conn.TypeMap(), result)
	defer rows.Close()
	for rows.Next() {
		if err := read(rows.Scan); err != nil {
			return err
		}
	}
	rows.Close()
	return rows.Err()
}
