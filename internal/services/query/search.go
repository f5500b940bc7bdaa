package query

import (
	"slices"
	"strings"
	"unicode"

	"scaip/internal/event"
	"scaip/internal/store"
)

const (
	maxSearch = 100    // characters of a search
	maxLooked = 10_000 // rows that one search looks at
)

// words are the words of s in lower case, each once, sorted: runs of letters, digits and marks.
func words(s string) []string {
	list := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c)
	})
	slices.Sort(list)
	return slices.Compact(list)
}

// search returns at most limit enabled users of whose name and login some word begins with each word of text. Without text it
// returns users by login.
func search(r store.Reader, text string, limit int) ([]User, error) {
	text, err := event.Line("search", text, maxSearch)
	if err != nil {
		return nil, err
	}
	found := []User{} // an empty list is [], not null
	terms := words(text)
	if len(terms) == 0 {
		if text != "" {
			return found, nil // only signs
		}
		for row, err := range tableLogins.Scan(r, store.Range{}) {
			if err != nil {
				return nil, err
			}
			if u, err := userOf(r, row.Value); err != nil {
				return nil, err
			} else if !u.Disabled {
				found = append(found, u)
			}
			if len(found) == limit {
				break
			}
		}
		return found, nil
	}
	return searchWords(r, terms, limit)
}

func searchWords(r store.Reader, terms []string, limit int) ([]User, error) {
	longest := slices.MaxFunc(terms, func(a, b string) int { return len(a) - len(b) })
	if len(longest) > store.MaxKey {
		longest = longest[:store.MaxKey] // no word is that long: nothing is found
	}
	found, seen, looked := []User{}, map[string]bool{}, 0
	for row, err := range tableWords.Scan(r, store.Range{Prefix: longest}) {
		if err != nil {
			return nil, err
		}
		if looked++; looked > maxLooked || len(found) == limit {
			break
		}
		id := second(row.Key)
		if seen[id] {
			continue
		}
		seen[id] = true
		u, err := userOf(r, id)
		if err != nil {
			return nil, err
		}
		if !u.Disabled && matches(words(u.Name+" "+u.Login), terms) {
			found = append(found, u)
		}
	}
	return found, nil
}

// matches reports whether each term begins one of the words.
func matches(words, terms []string) bool {
	for _, t := range terms {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, t) }) {
			return false
		}
	}
	return true
}
