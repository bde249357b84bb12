package main

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestWrongSettingsAreAllNamedAtOnce(t *testing.T) {
	t.Parallel()
	s := entente(t, []string{
		"ENTENTE_URL=ftp://acme.example",
		"ENTENTE_LISTEN=here",
		"ENTENTE_DATABASE_URL=postgres://%zz",
		"ENTENTE_NATS_URL=http://localhost",
		"ENTENTE_FEDERATION=friends",
		"ENTENTE_PRIVATE_NETWORKS=10.0.0.0/8,10.0.0.1",
		"ENTENTE_INSECURE_HTTP=perhaps",
		"ENTENTE_METRICS_LISTEN=9090",
		"ENTENTE_LOG_FORMAT=xml",
		"ENTENTE_HOTS=acme.example",
	}, "serve", "--log-level", "loud")
	if s.code != exitMisuse {
		t.Fatalf("exit %d: %s", s.code, s.errs)
	}
	complaints := strings.Split(strings.TrimSpace(s.errs), "\n")
	if len(complaints) != 12 {
		t.Errorf("%d complaints, want 12:\n%s", len(complaints), s.errs)
	}
	for _, want := range []string{
		"ENTENTE_HOST: is required", "ENTENTE_URL: ", "ENTENTE_LISTEN: ", "ENTENTE_DATABASE_URL: ", "ENTENTE_NATS_URL: ",
		`ENTENTE_FEDERATION: "friends" is not one of partners, open`, `ENTENTE_PRIVATE_NETWORKS: "10.0.0.1"`, "ENTENTE_INSECURE_HTTP: ",
		"ENTENTE_METRICS_LISTEN: ", "ENTENTE_LOG_LEVEL (from --log-level): ", "ENTENTE_LOG_FORMAT: ", "ENTENTE_HOTS is not a setting",
	} {
		if !strings.Contains(s.errs, "entente: "+want) {
			t.Errorf("no complaint %q in:\n%s", want, s.errs)
		}
	}
}

func TestAFlagBeatsTheEnvironment(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	addSettings(flags)
	if err := flags.Parse([]string{"--host", "Flag.example", "--insecure-http", "--data="}); err != nil {
		t.Fatal(err)
	}
	c, all, err := ReadConfig([]string{"ENTENTE_HOST=env.example", "ENTENTE_LISTEN=:1", "ENTENTE_DATA=/env", "ENTENTE_LOG_LEVEL=", "PATH=/bin"}, flags)
	if err == nil || !strings.Contains(err.Error(), "ENTENTE_DATA (from --data)") {
		t.Errorf("an empty --data: %v", err)
	}
	if c.Host != "flag.example" || c.Listen != ":1" || c.LogLevel != "info" || c.URL != "http://flag.example" {
		t.Errorf("%+v", c)
	}
	from := map[string]string{}
	for _, s := range all {
		from[s.Env] = s.From
	}
	for env, want := range map[string]string{"ENTENTE_HOST": "--host", "ENTENTE_LISTEN": "environment", "ENTENTE_LOG_LEVEL": "default", "ENTENTE_INSECURE_HTTP": "--insecure-http"} {
		if from[env] != want {
			t.Errorf("%s is from %q, want %q", env, from[env], want)
		}
	}
}

func TestTheURLBelongsToTheHost(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ host, url, complaint string }{
		{"acme.example", "https://acme.example", ""},
		{"acme.example", "https://acme.example/", ""},
		{"acme.example", "https://social.acme.example", ""},
		{"acme.example:8443", "https://acme.example:8443", ""},
		{"acme.example", "https://acme.example:443", ""},
		{"münchen.example", "https://xn--mnchen-3ya.example", ""},
		{"acme.example", "https://globex.example", "neither on ENTENTE_HOST"},
		{"acme.example", "https://notacme.example", "neither on ENTENTE_HOST"},
		{"acme.example", "https://acme.example:8443", "neither on ENTENTE_HOST"},
		{"social.acme.example", "https://acme.example", "neither on ENTENTE_HOST"},
		{"acme.example", "http://acme.example", "ENTENTE_INSECURE_HTTP=true"},
		{"acme.example", "https://acme.example/social", "is not an address"},
		{"acme.example", "https://me@acme.example", "is not an address"},
	} {
		_, _, err := ReadConfig([]string{"ENTENTE_HOST=" + tc.host, "ENTENTE_URL=" + tc.url}, nil)
		switch {
		case tc.complaint == "" && err != nil:
			t.Errorf("%s at %s: %v", tc.host, tc.url, err)
		case tc.complaint != "" && (err == nil || !strings.Contains(err.Error(), tc.complaint)):
			t.Errorf("%s at %s: %v, want %q", tc.host, tc.url, err, tc.complaint)
		}
	}
}

func TestVariablesOfTheTestsAreLetThrough(t *testing.T) {
	t.Parallel()
	does(t, []string{"ENTENTE_HOST=acme.example", "ENTENTE_FIXTURES=/fixtures", "ENTENTE_TEST_DATABASE_URL=x"}, "config")
}

func TestConfigKeepsPasswordsToItself(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"ENTENTE_DATABASE_URL=postgres://acme:hush@db/acme?sslpassword=hush",
		"ENTENTE_DATABASE_URL=host=db user=acme password='hush hush' dbname=acme",
		"ENTENTE_NATS_URL=nats://acme:hush@a:4222,nats://hush@b:4222",
	} {
		out := does(t, []string{"ENTENTE_HOST=acme.example", address}, "config")
		if strings.Contains(out, "hush") || !strings.Contains(out, "xxxxx") {
			t.Errorf("%s: %s", address, out)
		}
	}
}

func TestConfigSaysWhereEachSettingIsFrom(t *testing.T) {
	t.Parallel()
	out := does(t, []string{"ENTENTE_HOST=acme.example"}, "config", "--listen", ":9000")
	for _, want := range []string{
		"ENTENTE_HOST=acme.example  [environment]", "ENTENTE_URL=https://acme.example  [follows from ENTENTE_HOST]",
		"ENTENTE_LISTEN=:9000  [--listen]", "ENTENTE_DATA=./data  [default]", "ENTENTE_NATS_URL=(empty)  [JetStream in this process",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

func TestTheReadmeHasTheTableOfSettings(t *testing.T) {
	t.Parallel()
	const how = "replace what is between <!-- settings --> and <!-- /settings --> by the output of: bin/entente config --markdown (make build makes bin/entente)"
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatalf("%v: write README.md with the two markers, and %s", err, how)
	}
	_, rest, begins := strings.Cut(string(readme), "<!-- settings -->\n")
	got, _, ends := strings.Cut(rest, "<!-- /settings -->")
	if !begins || !ends {
		t.Fatalf("README.md lacks the markers: %s", how)
	}
	if want := does(t, nil, "config", "--markdown"); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("the table of settings in README.md is out of date: %s", how)
	}
}
