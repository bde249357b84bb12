package main

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Config is everything that an operator can set, each by one variable of the
// environment or the flag of the same name. The tags are the documentation:
// "entente config" prints them. else is what an empty setting means.
type Config struct {
	Host            string         `env:"ENTENTE_HOST" else:"required" doc:"name in every handle, as in @alice@HOST, a port allowed; it can never change"`
	URL             string         `env:"ENTENTE_URL" else:"https://HOST" doc:"public URL, on HOST or on a subdomain of it (then HOST must redirect /.well-known/webfinger here); it can never change"`
	Listen          string         `env:"ENTENTE_LISTEN" default:"127.0.0.1:8080" doc:"address to serve HTTP on, behind your TLS proxy"`
	DatabaseURL     string         `env:"ENTENTE_DATABASE_URL" else:"a private Postgres in the data folder" doc:"Postgres 15 or newer, as postgres://user:password@host/database"`
	NATSURL         string         `env:"ENTENTE_NATS_URL" else:"JetStream in this process, in the data folder" doc:"NATS server with JetStream, as nats://user:password@host:4222; several with commas between"`
	Data            string         `env:"ENTENTE_DATA" default:"./data" doc:"folder for everything that this instance keeps on disk"`
	Federation      string         `env:"ENTENTE_FEDERATION" default:"partners" oneof:"partners open" doc:"whom to speak with: only partners (see 'entente partner'), or everybody (open)"`
	PrivateNetworks []netip.Prefix `env:"ENTENTE_PRIVATE_NETWORKS" else:"none" doc:"networks, as 10.1.0.0/16 with commas between, that partners may live in although they are private"`
	TrustedProxies  []netip.Prefix `env:"ENTENTE_TRUSTED_PROXIES" else:"none" doc:"networks, as 127.0.0.0/8 with commas between, of your own proxies, whose X-Forwarded-For tells the client's address"`
	UsageCounts     bool           `env:"ENTENTE_USAGE_COUNTS" default:"false" doc:"tell everybody in NodeInfo how many people and public posts there are"`
	InsecureHTTP    bool           `env:"ENTENTE_INSECURE_HTTP" default:"false" doc:"federate over plain http; for development only"`
	OIDCIssuer      string         `env:"ENTENTE_OIDC_ISSUER" else:"off" doc:"OpenID Connect provider that people may sign in with, as https://id.acme.example; link them with 'entente member link'"`
	OIDCClientID    string         `env:"ENTENTE_OIDC_CLIENT_ID" else:"none" doc:"what that provider calls this instance; its redirect URI is URL/sign-in/provider/back"`
	OIDCSecret      string         `env:"ENTENTE_OIDC_CLIENT_SECRET" else:"none: a public client" secret:"true" doc:"the secret of this instance at that provider"`
	MetricsListen   string         `env:"ENTENTE_METRICS_LISTEN" else:"off" doc:"address to serve Prometheus metrics and health on"`
	LogLevel        string         `env:"ENTENTE_LOG_LEVEL" default:"info" oneof:"debug info warn error" doc:"the least that is logged"`
	LogFormat       string         `env:"ENTENTE_LOG_FORMAT" default:"text" oneof:"text json" doc:"how it is logged, on standard error"`
}

// setting is one field of a Config, with the text that was given for it.
type setting struct {
	Env, Flag, Default, Else, Doc string
	OneOf                         []string
	Text                          string
	From                          string // where Text is from
	Secret                        bool   // it is not shown
	value                         reflect.Value
}

// settings describes each field of c.
func settings(c *Config) []setting {
	var all []setting
	for f, v := range reflect.ValueOf(c).Elem().Fields() {
		env := f.Tag.Get("env")
		all = append(all, setting{
			Env: env, Flag: strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(env, "ENTENTE_"), "_", "-")),
			Default: f.Tag.Get("default"), Else: f.Tag.Get("else"), Doc: f.Tag.Get("doc"),
			OneOf: strings.Fields(f.Tag.Get("oneof")), Secret: f.Tag.Get("secret") == "true", value: v,
		})
	}
	return all
}

// addSettings gives flags a flag for every setting.
func addSettings(flags *pflag.FlagSet) {
	for _, s := range settings(&Config{}) {
		if _, isBool := s.value.Interface().(bool); isBool {
			flags.Bool(s.Flag, false, s.Doc)
			continue
		}
		flags.String(s.Flag, s.Default, s.Doc)
	}
}

// ReadConfig reads every setting: a flag beats the environment, which beats the
// default; an empty variable counts as one that is not set. The error joins
// all complaints, each naming its variable. The settings say what was read
// from where.
func ReadConfig(environ []string, flags *pflag.FlagSet) (Config, []setting, error) {
	var c Config
	all := settings(&c)
	given := variables(environ)
	complaints := unknown(given, all)
	for i := range all {
		s := &all[i]
		s.read(given, flags)
		if err := s.set(); err != nil {
			complaints = append(complaints, s.complain(err))
		}
	}
	return c, all, errors.Join(append(complaints, c.check(all)...)...)
}

func variables(environ []string) map[string]string {
	given := map[string]string{}
	for _, line := range environ {
		if key, value, _ := strings.Cut(line, "="); strings.HasPrefix(key, "ENTENTE_") {
			given[key] = strings.TrimSpace(value)
		}
	}
	return given
}

// unknown complains about variables that look like ours and are not: most often
// a slip of the pen that would go unnoticed. Those of the tests are let through.
func unknown(given map[string]string, all []setting) []error {
	var complaints []error
	for key := range given {
		isSetting := slices.ContainsFunc(all, func(s setting) bool { return s.Env == key })
		if !isSetting && key != "ENTENTE_FIXTURES" && !strings.HasPrefix(key, "ENTENTE_TEST_") {
			complaints = append(complaints, fmt.Errorf("%s is not a setting: see 'entente config --help'", key))
		}
	}
	slices.SortFunc(complaints, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return complaints
}

func (s *setting) read(given map[string]string, flags *pflag.FlagSet) {
	s.Text, s.From = s.Default, "default"
	if text := given[s.Env]; text != "" {
		s.Text, s.From = text, "environment"
	}
	if flags == nil {
		return
	}
	if f := flags.Lookup(s.Flag); f != nil && f.Changed {
		s.Text, s.From = strings.TrimSpace(f.Value.String()), "--"+s.Flag
	}
}

// set turns the text into the field's value.
func (s *setting) set() error {
	if len(s.OneOf) > 0 && !slices.Contains(s.OneOf, s.Text) {
		return fmt.Errorf("%q is not one of %s", s.Text, strings.Join(s.OneOf, ", "))
	}
	if s.Text == "" && s.Default != "" {
		return errors.New("it cannot be empty")
	}
	switch p := s.value.Addr().Interface().(type) {
	case *string:
		*p = s.Text
	case *bool:
		is, err := strconv.ParseBool(s.Text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", s.Text)
		}
		*p = is
	case *[]netip.Prefix:
		return setNetworks(p, s.Text)
	}
	return nil
}

func setNetworks(p *[]netip.Prefix, text string) error {
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		network, err := netip.ParsePrefix(one)
		if err != nil {
			return fmt.Errorf("%q is not a network such as 10.1.0.0/16", one)
		}
		*p = append(*p, network.Masked())
	}
	return nil
}

// complain names the variable, and the flag if the text came from it.
func (s *setting) complain(err error) error {
	if strings.HasPrefix(s.From, "--") {
		return fmt.Errorf("%s (from %s): %w", s.Env, s.From, err)
	}
	return fmt.Errorf("%s: %w", s.Env, err)
}
