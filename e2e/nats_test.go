package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func TestNothingWaitsForNATS(t *testing.T) {
	t.Parallel()
	queue := newQueue(t, 1)
	initech, globex := queue.partner(t)
	must(t, initech.launch()) // NATS has never been there
	soon(t, patience, func() error { return isReady(t.Context(), initech.listen, http.StatusServiceUnavailable, natsAway) })
	d := &day{queue: queue, ivan: initech.hire(t, "ivan"), nina: globex.hire(t, "nina")}
	queue.start(t)
	d.nina.follow(t, d.ivan)
	d.ivan.follow(t, d.nina)

	d.goesOn(t, "killed", queue[0].kill, func() { queue.start(t) })
	d.goesOn(t, "hung", func() { must(t, queue[0].child.Signal(syscall.SIGSTOP)) }, func() { must(t, queue[0].child.Signal(syscall.SIGCONT)) })
	queue[0].kill()
	must(t, initech.stop())
	d.goesOn(t, "away at the start", func() { must(t, initech.launch()); soon(t, patience, d.alive) }, func() { queue.start(t) })
	must(t, isReady(t.Context(), initech.listen, http.StatusOK, `{"database":"ok","migrations":"ok","queue":"ok"}`))
	initech.sharesItsWork(t, d.ivan, d.nina, d.texts)
}

const natsAway = `{"database":"ok","migrations":"ok","queue":"failing"}`

// day is one of ivan's, whose company has trouble with its NATS, and of nina's, at a
// partner of it.
type day struct {
	queue      queue
	ivan, nina *person
	texts      []string // all that was written, by both
}

func (d *day) alive() error {
	status, _, err := look(context.Background(), d.ivan.at.url()+"/healthz")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("HTTP %d", status)
	}
	return err
}

// goesOn posts and reads at both companies while NATS is in trouble, and wants all
// to be quick then, and to have arrived when the trouble is over.
func (d *day) goesOn(t *testing.T, trouble string, begin, end func()) {
	t.Helper()
	begin()
	const quick = time.Second // on a machine that has much to do; a question to NATS waits for 2 s and more
	longest, n := time.Duration(0), 0
	timed := func(do func() error) {
		began := time.Now()
		must(t, do())
		n, longest = n+1, max(longest, time.Since(began))
	}
	for i := range 10 {
		mine, hers := fmt.Sprintf("ivan, %s-%d", trouble, i), fmt.Sprintf("nina, %s-%d", trouble, i)
		timed(func() error { _, err := d.ivan.write(t.Context(), mine); return err })
		timed(func() error { _, err := d.ivan.home(t.Context()); return err })
		_, err := d.nina.write(t.Context(), hers) // delivered to ivan's inbox at once: her company's NATS is well
		must(t, err)
		d.texts = append(d.texts, mine, hers)
	}
	if longest > quick {
		t.Errorf("NATS is %s, and a request takes %v", trouble, longest)
	}
	soon(t, patience, func() error { return d.nina.at.owesNothing(t, d.ivan.at) }) // the inbox has taken all
	if err := d.nina.hasHeard(t.Context(), d.texts); err == nil {
		t.Errorf("what was posted while NATS was %s has arrived: was it?", trouble)
	}
	end()
	took := soon(t, patience, func() error {
		return errors.Join(d.nina.hasHeard(t.Context(), d.texts), d.ivan.hasHeard(t.Context(), d.texts))
	})
	t.Logf("NATS %s: the longest of %d requests took %v, all had arrived %v after its end", trouble, n, longest.Round(time.Millisecond), took.Round(time.Millisecond))
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

	one, two := c.helped(t), c.helped(t)
	soon(t, patience, func() error { return bea.hasHeard(t.Context(), texts) })
	texts = append(texts, ivan.says(t, "shared", 20)...)
	soon(t, patience, func() error { return bea.hasHeard(t.Context(), texts) })
	did := []int{deliveries(t, one.aside), deliveries(t, two.aside)}
	t.Logf("the two workers have made %d deliveries", did)
	if did[0] == 0 || did[1] == 0 || did[0]+did[1] < 23 {
		t.Errorf("the two workers do not share the work: %d deliveries", did)
	}
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

// partner is a company on this NATS and on a Postgres of its own, not started
// yet, and a partner of it.
func (q queue) partner(t *testing.T) (initech, globex *company) {
	t.Helper()
	_, globex = sharedPair(t)
	initech, err := newCompany("initech")
	must(t, err)
	db := newDatabase(t, initech.folder, true)
	initech.more = []string{"ENTENTE_DATABASE_URL=" + db.server.DSN("entente"), "ENTENTE_NATS_URL=" + q.url()}
	t.Cleanup(func() { must(t, initech.end()) })
	initech.explain(t)
	initech.does(t, "partner", "allow", globex.host, "--let", "all")
	globex.does(t, "partner", "allow", initech.host, "--let", "all")
	return initech, globex
}
