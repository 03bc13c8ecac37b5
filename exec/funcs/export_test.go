package funcs

// HintTexts returns every hint of NoFunction that is not by likeness.
func HintTexts() []string {
	var all []string
	for _, hint := range internalNames {
		all = append(all, hint)
	}
	for _, s := range spellings {
		all = append(all, s.here)
	}
	return all
}
