package e2e

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"entente.example/entente/store/postgres"
)

func TestNATSMayBeAway(t *testing.T) {
	t.Parallel()
	queue := newQueue(t)
	queue.start(t)
	initech, globex := queue.partner(t)
	must(t, initech.start(t.Context()))
	ivan, bea := initech.hire(t, "ivan"), globex.hire(t, "nina")
	bea.follow(t, ivan)
	texts := ivan.says(t, "before", 3)
	soon(t, patience, func() error { return bea.hasHeard(t.Context(), texts) })

	queue.stop()
	soon(t, 10*time.Second, func() error {
		return isReady(t.Context(), initech.listen, http.StatusServiceUnavailable, `{"database":"ok","migrations":"ok","queue":"failing"}`)
	})
	began := time.Now()
	texts = append(texts, ivan.says(t, "meanwhile", 5)...)
	must(t, ivan.hasHeard(t.Context(), texts)) // his own home
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("without NATS five posts and a look at them take %v", took)
	}
	if err := bea.hasHeard(t.Context(), texts); err == nil {
		t.Error("what was posted without NATS has arrived: was it away?")
	}

	queue.start(t)
	took := soon(t, patience, func() error { return bea.hasHeard(t.Context(), texts) })
	t.Logf("everything had arrived %v after NATS was back", took.Round(time.Millisecond))
	must(t, isReady(t.Context(), initech.listen, http.StatusOK, `{"database":"ok","migrations":"ok","queue":"ok"}`))
	initech.sharesItsWork(t, ivan, bea, texts)
}

// sharesItsWork is the same instance in three processes: one serves, two work.
func (c *company) sharesItsWork(t *testing.T, ivan, bea *person, texts []string) {
	t.Helper()
	must(t, c.stop())
	must(t, c.start(t.Context(), "--no-worker"))
	must(t, isReady(t.Context(), c.listen, http.StatusOK, `{"database":"ok","migrations":"ok"}`))
	texts = append(texts, ivan.says(t, "promised", 3)...)
	time.Sleep(500 * time.Millisecond) // more than it usually takes
	if err := bea.hasHeard(t.Context(), texts); err == nil {
		t.Error("what a server without a worker has promised is done: by whom?")
	}

	one, two := c.work(t), c.work(t)
	soon(t, patience, func() error { return bea.hasHeard(t.Context(), texts) })
	texts = append(texts, ivan.says(t, "shared", 20)...)
	soon(t, patience, func() error { return bea.hasHeard(t.Context(), texts) })
	did := []int{deliveries(t, one), deliveries(t, two)}
	t.Logf("the two workers have made %d deliveries", did)
	if did[0] == 0 || did[1] == 0 || did[0]+did[1] < 23 {
		t.Errorf("the two workers do not share the work: %d deliveries", did)
	}
}

// work starts an "entente worker" and gives the address of its metrics.
func (c *company) work(t *testing.T) (aside string) {
	t.Helper()
	port, err := shop.freePort()
	must(t, err)
	aside = fmt.Sprintf("127.0.0.1:%d", port)
	p, err := launch(c.logFile(), c.command("worker", "--metrics-listen", aside))
	must(t, err)
	t.Cleanup(func() { must(t, p.stop()) })
	must(t, p.ready(t.Context(), aside))
	must(t, isReady(t.Context(), aside, http.StatusOK, `{"database":"ok","migrations":"ok","queue":"ok"}`))
	return aside
}

// deliveries is how many a worker has made.
func deliveries(t *testing.T, aside string) int {
	t.Helper()
	_, metrics, err := look(t.Context(), "http://"+aside+"/metrics")
	must(t, err)
	found := regexp.MustCompile(`(?m)^entente_jobs_total\{kind="deliver",outcome="done"\} (\d+)$`).FindStringSubmatch(metrics)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	must(t, err)
	return n
}

// says posts n texts and gives them.
func (p *person) says(t *testing.T, word string, n int) (texts []string) {
	t.Helper()
	for i := range n {
		texts = append(texts, fmt.Sprintf("%s-%d", word, i))
		_, err := p.write(t.Context(), texts[i])
		must(t, err)
	}
	return texts
}

// isReady is nil when /readyz answers so.
func isReady(ctx context.Context, address string, want int, checks string) error {
	status, body, err := look(ctx, "http://"+address+"/readyz")
	if err != nil {
		return err
	}
	if found := regexp.MustCompile(`"checks":({[^}]*})`).FindStringSubmatch(body); status != want || found == nil || found[1] != checks {
		return fmt.Errorf("/readyz answers HTTP %d %s, want %d %s", status, body, want, checks)
	}
	return nil
}

// queue is a NATS server of the test's own that comes and goes under one address.
type queue struct {
	port   int
	folder string
	nats   *server.Server
}

func newQueue(t *testing.T) *queue {
	t.Helper()
	port, err := shop.freePort()
	must(t, err)
	q := &queue{port: port, folder: t.TempDir()}
	t.Cleanup(q.stop)
	return q
}

func (q *queue) start(t *testing.T) {
	t.Helper()
	var err error
	q.nats, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: q.port, JetStream: true, StoreDir: q.folder, NoSigs: true, NoLog: true})
	must(t, err)
	q.nats.Start()
	if !q.nats.ReadyForConnections(20 * time.Second) {
		t.Fatal("no NATS within 20 s")
	}
}

func (q *queue) stop() {
	if q.nats != nil {
		q.nats.Shutdown()
		q.nats.WaitForShutdown()
	}
}

// partner is a company on this NATS and on a Postgres of its own, not started
// yet, and a partner of it.
func (q *queue) partner(t *testing.T) (initech, globex *company) {
	t.Helper()
	_, globex = sharedPair(t)
	initech, err := newCompany("initech")
	must(t, err)
	db, err := postgres.Start(t.Context(), postgres.Options{Dir: filepath.Join(initech.folder, "postgres"), Fast: true})
	must(t, err)
	t.Cleanup(func() { must(t, db.Stop()) })
	must(t, db.Create(t.Context(), "entente"))
	initech.more = []string{"ENTENTE_DATABASE_URL=" + db.DSN("entente"), fmt.Sprintf("ENTENTE_NATS_URL=nats://127.0.0.1:%d", q.port)}
	t.Cleanup(func() { must(t, initech.stop()) })
	initech.explain(t)
	initech.does(t, "partner", "allow", globex.host)
	globex.does(t, "partner", "allow", initech.host)
	return initech, globex
}
