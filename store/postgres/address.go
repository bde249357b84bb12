package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// superuser is the database role that owns everything in the cluster.
const superuser = "entente"

// address is where a server listens: a folder and a number that names the socket
// in it.
type address struct {
	socket string
	port   int
}

func (a address) file() string { return fmt.Sprintf("%s/.s.PGSQL.%d", a.socket, a.port) }

func (a address) dsn(database string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	return fmt.Sprintf("host='%s' port=%d user=%s dbname='%s'",
		quote.Replace(a.socket), a.port, superuser, quote.Replace(database))
}

// accepts says whether the server takes connections: nil is yes.
func (a address) accepts(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, 2*time.Second)
	defer done()
	conn, err := pgx.Connect(ctx, a.dsn("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
