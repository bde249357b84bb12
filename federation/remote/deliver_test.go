package remote

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"entente.example/entente/activity"
	"entente.example/entente/activity/limits"
	"entente.example/entente/federation/httpsign"
)

func TestDeliverSendsASignedActivity(t *testing.T) {
	t.Parallel()
	const body = `{"type":"Follow"}`
	for _, code := range []int{200, 202, 204} {
		_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, r *http.Request) {
			got, err := io.ReadAll(r.Body)
			if err == nil {
				err = believes(r, got, "good.test")
			}
			if err != nil || string(got) != body || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/activity+json" {
				t.Errorf("came %s %q %v: %v", r.Method, got, r.Header, err)
			}
			w.WriteHeader(code)
		}})
		if err := c.Deliver(t.Context(), "https://good.test/inbox?a=b", []byte(body), signer()); err != nil {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestATraceSeesTheAnswerAndThePartnerSeesNothingOfTheTrace(t *testing.T) {
	t.Parallel()
	seen := tracetest.NewInMemoryExporter()
	member, err := baggage.NewMember("user", "alice")
	must(err)
	carried, err := baggage.New(member)
	must(err)
	ctx, span := sdk.NewTracerProvider(sdk.WithSyncer(seen)).Tracer("test").Start(baggage.ContextWithBaggage(t.Context(), carried), "deliver")
	_, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			if text := strings.ToLower(name + strings.Join(values, " ")); strings.Contains(text, "trace") || strings.Contains(text, "baggage") ||
				strings.Contains(text, span.SpanContext().TraceID().String()) || strings.Contains(text, "alice") {
				t.Errorf("the partner sees %s: %s", name, values)
			}
		}
		w.WriteHeader(202)
	}})
	if err := c.Deliver(ctx, "https://good.test/inbox", []byte("{}"), signer()); err != nil {
		t.Fatal(err)
	}
	spans := seen.GetSpans()
	if len(spans) != 1 || spans[0].Parent.SpanID() != span.SpanContext().SpanID() || !slices.Contains(spans[0].Attributes, attribute.Int("http.response.status_code", 202)) {
		t.Errorf("%+v", spans)
	}
}

// knocks is how often a request is sent that is answered so: once, but for what may
// be about the signature.
func knocks(code int) int {
	if code == http.StatusBadRequest || code == http.StatusUnauthorized {
		return 2
	}
	return 1
}

func TestTheAnswerToADeliveryIsAVerdict(t *testing.T) {
	t.Parallel()
	for code, kind := range map[int]activity.Kind{
		400: activity.Invalid, 401: activity.Later, 403: activity.Denied, 404: activity.NotFound, 405: activity.Invalid, 406: activity.Invalid,
		408: activity.Later, 410: activity.Gone, 413: activity.Invalid, 422: activity.Invalid, 429: activity.Later, 451: activity.Denied,
		500: activity.Later, 501: activity.Later, 502: activity.Later, 503: activity.Later, 504: activity.Later, 301: activity.Later, 308: activity.Later,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			w, c := newWorld(t, map[string]http.HandlerFunc{"good.test": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "https://evil.test/inbox")
				w.Header().Set("Retry-After", "120")
				w.WriteHeader(code)
				_, _ = io.WriteString(w, strings.Repeat("no\xff", limits.DeliveryAnswer))
			}})
			err := c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), signer())
			wantFault(t, err, kind, fmt.Sprintf("refused_%d", code))
			a, ok := errors.AsType[*Answer](err)
			if !ok || a.Status != code || a.RetryAfter != 2*time.Minute || !strings.HasPrefix(a.Text, "no\uFFFDno") || len(a.Text) > 3*limits.DeliveryAnswer {
				t.Errorf("answer = %.200v", a)
			}
			if n := len(w.saw("get")); n != knocks(code) {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

func TestADeliveryThatFindsNobodyIsForLater(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, nil)
	w.server.Close()
	err := c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), signer())
	wantFault(t, err, activity.Later, "unreachable")
	if _, ok := errors.AsType[*Answer](err); ok {
		t.Error("nobody has answered")
	}
}

func TestDeliverSendsNothingThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	w, c := newWorld(t, nil)
	err := c.Deliver(t.Context(), "https://good.test/inbox", []byte("{}"), Keys{RSA: httpsign.Signer{KeyID: "https://us.test/actor#key"}})
	wantFault(t, err, activity.Internal, "no_signing_key")
	err = c.Deliver(t.Context(), "https://good.test/inbox", make([]byte, limits.Document+1), signer())
	wantFault(t, err, activity.TooLarge, "too_large")
	if len(w.saw("dial")) > 0 {
		t.Error("it was sent")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "0": 0, "-5": 0, "soon": 0, "1.5": 0, "99999999": limits.RetryAfter, "99999999999999999999": 0,
		anytime.Add(time.Hour).Format(http.TimeFormat):        time.Hour,
		anytime.Add(-time.Hour).Format(http.TimeFormat):       0,
		anytime.Add(1000 * time.Hour).Format(http.TimeFormat): limits.RetryAfter,
	} {
		if got := retryAfter(text, anytime); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", text, got, want)
		}
	}
}
