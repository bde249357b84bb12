package partnership

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/tyler-smith/go-bip39/wordlists"

	"entente.example/entente/activity"
	"entente.example/entente/store"
)

// wordCount is how many words people compare: 66 bits, more than somebody can search for
// while two admins are on the phone.
const wordCount = 6

// Words are six words of the keys of two instances, the same on both sides: when two
// admins who know each other read the same ones, nobody stands between.
func Words(one, two string) string {
	keys := []string{one, two}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, "\n")))
	words := make([]string, wordCount)
	for i := range words {
		n := 0
		for bit := i * 11; bit < (i+1)*11; bit++ { // 2,048 words
			n = n<<1 | int(sum[bit/8]>>(7-bit%8)&1)
		}
		words[i] = wordlists.English[n]
	}
	return strings.Join(words, " ")
}

// Compare gives the words for a host and whether somebody has confirmed them. The other
// side's key is asked for now, so that these are its words of today.
func (d *Desk) Compare(ctx context.Context, host string) (words string, confirmed bool, err error) {
	words, p, _, err := d.compareNow(ctx, host)
	return words, !p.ConfirmedAt.IsZero(), err
}

func (d *Desk) compareNow(ctx context.Context, host string) (words string, p store.Partnership, o other, err error) {
	if p, err = d.latest(ctx, host); err == nil {
		o, err = d.fetch(ctx, p.Other)
	}
	if err == nil {
		err = d.recognise(ctx, o)
	}
	if err == nil {
		p, err = d.latest(ctx, host)
	}
	if err != nil {
		return "", p, o, err
	}
	keys, err := d.keys(ctx)
	if err != nil {
		return "", p, o, err
	}
	return Words(mine(keys)[0], o.keys[0]), p, o, nil
}

// latest is the last agreement with a host, whatever has become of it.
func (d *Desk) latest(ctx context.Context, host string) (store.Partnership, error) {
	all, err := d.db.Partnerships(ctx, host)
	if err == nil && len(all) == 0 {
		err = noAgreement(host)
	}
	if err != nil {
		return store.Partnership{}, err
	}
	return all[0], nil
}

// Confirm notes that both admins have read the same words: the key that the other side
// has now is its own. Conflict, "other_words", where they are others by now.
func (d *Desk) Confirm(ctx context.Context, host, words string) error {
	now, p, o, err := d.compareNow(ctx, host)
	if err == nil && now != strings.Join(strings.Fields(strings.ToLower(words)), " ") {
		err = activity.Refuse(activity.Conflict, "other_words", "these are not the words: do not go on, and ask who answers in the name of %s", host)
	}
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		if err := turns(ctx, tx, host); err != nil {
			return err
		}
		p, err := tx.Partnership(ctx, p.ID)
		if err != nil {
			return err
		}
		f, err := d.open(p)
		if err != nil {
			return err
		}
		f.row.Key, f.row.ConfirmedAt = o.text(), d.now()
		tx.Audit(ctx, store.Decision{What: "partnership.confirmed", About: host, Details: map[string]string{"words": now}})
		if f.Compared(d.now()) {
			return d.keep(ctx, tx, f, Update)
		}
		return tx.PutPartnership(ctx, f.row)
	})
}
