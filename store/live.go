package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Live is something that has just been committed, by this process or another: it
// says what to look at, not what is there, and not that the reader may see it.
type Live struct {
	Kind   string // one of those below
	Key    Key    // of the entry, the note or the notification
	Reader Key    // whom it concerns; 0: everybody
}

// The kinds of Live; all but the last are the events of the Mastodon streaming API.
const (
	LiveUpdate       = "update" // a new entry on a timeline, or, for everybody, a public note
	LiveDelete       = "delete"
	LiveEdit         = "status.update"
	LiveNotification = "notification"
	LiveCheck        = "check" // the reader may do less than before
)

// liveSilence is how long nothing may come before we ask whether the connection
// is still there, and how long the answer may take.
const liveSilence = 5 * time.Second

// Listen gives fn all that is committed from now on, in order, until ctx ends or
// the connection breaks: then things may have been missed. It calls ready when it
// hears. fn must not wait. A connection is held all the while.
func (s *Store) Listen(ctx context.Context, ready func(), fn func(Live)) error {
	held, err := s.bun.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer held.Close()
	return held.Raw(func(driver any) error {
		conn := driver.(*stdlib.Conn).Conn()
		defer conn.Close(context.WithoutCancel(ctx)) // it listens: it is of no use to others
		if _, err := conn.Exec(ctx, "LISTEN live"); err != nil {
			return err
		}
		ready()
		for {
			notice, err := nextNotice(ctx, conn)
			if err != nil {
				return err
			}
			if err := readNotice(notice, fn); err != nil {
				return err
			}
		}
	})
}

func nextNotice(ctx context.Context, conn *pgx.Conn) (string, error) {
	for {
		waiting, done := context.WithTimeout(ctx, liveSilence)
		n, err := conn.WaitForNotification(waiting)
		done()
		if err == nil {
			return n.Payload, nil
		}
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return "", err
		}
		asking, done := context.WithTimeout(ctx, liveSilence)
		err = conn.Ping(asking)
		done()
		if err != nil {
			return "", err
		}
	}
}

// readNotice reads "kind key reader...", as the triggers of the schema write it.
func readNotice(notice string, fn func(Live)) error {
	words := strings.Fields(notice)
	if len(words) < 3 {
		return fmt.Errorf("a notice of the database cannot be read: %q", notice)
	}
	keys := make([]Key, len(words)-1)
	for i, word := range words[1:] {
		key, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return fmt.Errorf("a notice of the database cannot be read: %w", err)
		}
		keys[i] = Key(key)
	}
	for _, reader := range keys[1:] {
		fn(Live{Kind: words[0], Key: keys[0], Reader: reader})
	}
	return nil
}
