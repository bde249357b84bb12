package main

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// settingsCommand is "entente config".
func (p *program) settingsCommand() *cobra.Command {
	cmd := p.command("config", "Show the settings in effect, and what each means",
		`Shows every setting: its value, where that came from, and what it means.
Passwords in addresses are left out. Wrong settings are all named at once.`,
		`  # what would this instance run with?
  env $(cat data/acme.env) entente config

  # the table in README.md
  entente config --markdown`)
	markdown := cmd.Flags().Bool("markdown", false, "print the table of settings that README.md includes")
	addSettings(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *markdown {
			_, err := io.WriteString(cmd.OutOrStdout(), settingsTable())
			return err
		}
		c, all, err := ReadConfig(p.env, cmd.Flags())
		if err != nil {
			return wrong(err)
		}
		return printSettings(cmd.OutOrStdout(), c, all)
	}
	return cmd
}

func printSettings(w io.Writer, c Config, all []setting) error {
	for _, s := range all {
		value, from := redact(s.Text), s.From
		if s.Secret && value != "" {
			value = "xxxxx"
		}
		if s.Env == "ENTENTE_URL" && value == "" {
			value, from = c.URL, "follows from ENTENTE_HOST"
		}
		if value == "" {
			value, from = "(empty)", s.Else
		}
		if _, err := fmt.Fprintf(w, "%s=%s  [%s]\n    --%s: %s\n", s.Env, value, from, s.Flag, s.Doc); err != nil {
			return err
		}
	}
	return nil
}

// settingsTable is the table of README.md.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| variable | flag | default | what it is |\n|---|---|---|---|\n")
	for _, s := range settings(&Config{}) {
		fallback := s.Else
		if s.Default != "" {
			fallback = "`" + s.Default + "`"
		}
		doc := s.Doc
		if len(s.OneOf) > 0 {
			doc += " (" + strings.Join(s.OneOf, ", ") + ")"
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s |\n", s.Env, s.Flag, fallback, doc)
	}
	return b.String()
}

// secrets are passwords in the key=value form of a Postgres address, and in the
// query of its URL form.
var secrets = regexp.MustCompile(`(?i)((?:ssl)?password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)`)

// redact leaves the passwords out of an address, or of several with commas
// between. The user of a NATS address without a password is a token.
func redact(text string) string {
	if !strings.Contains(text, "://") {
		return secrets.ReplaceAllString(text, "${1}xxxxx")
	}
	parts := strings.Split(text, ",")
	for i, part := range parts {
		u, err := url.Parse(part)
		if err != nil {
			parts[i] = cmp.Or(beforeColon(part), "address") + "://xxxxx"
			continue
		}
		if _, has := u.User.Password(); u.User != nil && !has && !strings.HasPrefix(u.Scheme, "postgres") {
			u.User = url.User("xxxxx")
		}
		parts[i] = secrets.ReplaceAllString(u.Redacted(), "${1}xxxxx")
	}
	return strings.Join(parts, ",")
}

func beforeColon(s string) string {
	scheme, _, _ := strings.Cut(s, ":")
	return scheme
}
