package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// check completes c, where one setting follows from others, and complains about
// each that cannot be used.
func (c *Config) check(all []setting) []error {
	var complaints []error
	for _, rule := range []struct {
		env   string
		check func() error
	}{
		{"ENTENTE_HOST", c.checkHost},
		{"ENTENTE_URL", c.checkURL},
		{"ENTENTE_LISTEN", func() error { return checkAddress(c.Listen) }},
		{"ENTENTE_DATABASE_URL", c.checkDatabase},
		{"ENTENTE_NATS_URL", c.checkNATS},
		{"ENTENTE_OIDC_ISSUER", c.checkProvider},
		{"ENTENTE_METRICS_LISTEN", c.checkMetrics},
	} {
		at := slices.IndexFunc(all, func(s setting) bool { return s.Env == rule.env })
		if err := rule.check(); err != nil {
			complaints = append(complaints, all[at].complain(err))
		}
	}
	return complaints
}

func (c *Config) checkHost() error {
	if c.Host == "" {
		return errors.New("is required: the name in every handle, as in @alice@acme.example")
	}
	host, err := activity.CleanHost(c.Host)
	if err != nil {
		return fmt.Errorf("%q is not a host name such as acme.example", c.Host)
	}
	c.Host = host
	return nil
}

func (c *Config) checkURL() error {
	if c.URL == "" {
		c.URL = "https://" + c.Host
		if c.InsecureHTTP {
			c.URL = "http://" + c.Host
		}
		return nil
	}
	c.URL = strings.TrimRight(c.URL, "/")
	u, err := activity.ID(c.URL).URL()
	switch {
	case err != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q is not an address such as https://acme.example", c.URL)
	case u.Scheme == "http" && !c.InsecureHTTP:
		return errors.New("plain http needs ENTENTE_INSECURE_HTTP=true, which is for development only")
	case c.Host != "" && !c.serves(activity.ID(c.URL)):
		return fmt.Errorf("%s is neither on ENTENTE_HOST (%s) nor on a subdomain of it", c.URL, c.Host)
	}
	return nil
}

// serves says whether handles of Host may be served from there: from Host
// itself, or from a subdomain, which only the owner of Host can make.
func (c *Config) serves(at activity.ID) bool {
	u, err := at.URL()
	name, _, _ := strings.Cut(c.Host, ":")
	return err == nil && (at.Host() == c.Host || strings.HasSuffix(strings.ToLower(u.Hostname()), "."+name))
}

func (c *Config) checkDatabase() error {
	if c.DatabaseURL == "" {
		return nil
	}
	db, err := store.Open(c.DatabaseURL) // does not connect yet
	if err != nil {
		return errors.New("it is not an address such as postgres://user:password@host/database")
	}
	return db.Close()
}

func (c *Config) checkNATS() error {
	for one := range strings.SplitSeq(c.NATSURL, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if c.NATSURL != "" && (err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme)) {
			return errors.New("it is not an address such as nats://host:4222")
		}
	}
	return nil
}

func (c *Config) checkProvider() error {
	if c.OIDCIssuer == "" && c.OIDCClientID == "" && c.OIDCSecret == "" {
		return nil
	}
	u, err := activity.ID(c.OIDCIssuer).URL()
	switch {
	case err != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q is not an address such as https://id.acme.example", c.OIDCIssuer)
	case u.Scheme != "https" && !c.InsecureHTTP:
		return errors.New("a provider is asked over https")
	case c.OIDCClientID == "":
		return errors.New("it needs ENTENTE_OIDC_CLIENT_ID too")
	}
	return nil
}

func (c *Config) checkMetrics() error {
	switch c.MetricsListen {
	case "":
		return nil
	case c.Listen:
		return errors.New("it is the same as ENTENTE_LISTEN; metrics are not for the public")
	}
	return checkAddress(c.MetricsListen)
}

func checkAddress(address string) error {
	_, port, err := net.SplitHostPort(address)
	n, errPort := strconv.Atoi(port)
	if err != nil || errPort != nil || n < 0 || n > 65535 {
		return fmt.Errorf("%q is not an address to listen on such as 127.0.0.1:8080", address)
	}
	return nil
}
