package javaregex

// group reads a group of any kind.
func (p *parser) group() (*node, error) {
	start := p.i
	p.i++
	saved := p.flags
	n := &node{op: opCapture}
	if p.peek() != '?' {
		p.groups++
		n.group = p.groups
	} else {
		p.i++
		kind, onlyFlags, err := p.groupKind(start)
		if err != nil || onlyFlags {
			return nil, err
		}
		n = kind
	}
	body, err := p.alternation()
	if err != nil {
		return nil, err
	}
	if !p.accept(')') {
		return nil, p.fail(start, "unclosed group")
	}
	p.flags = saved
	if n == nil {
		return body, nil
	}
	n.subs = []*node{body}
	return n, nil
}

// groupKind reads what follows "(?"; the node is nil for a group that does not capture. onlyFlags
// tells of (?i), whose flags stay on to the end of the enclosing group.
func (p *parser) groupKind(start int) (n *node, onlyFlags bool, err error) {
	c := p.look(0)
	p.i++
	switch c {
	case ':':
		return nil, false, nil
	case '=', '!':
		return &node{op: opLook, ahead: true, negative: c == '!'}, false, nil
	case '>':
		return &node{op: opAtomic}, false, nil
	case '<':
		if c := p.look(0); c == '=' || c == '!' {
			p.i++
			return &node{op: opLook, negative: c == '!'}, false, nil
		}
		name, err := p.groupName()
		if err != nil {
			return nil, false, err
		}
		if _, ok := p.names[name]; ok {
			return nil, false, p.fail(start, "group <%s> is there twice", name)
		}
		p.groups++
		p.names[name] = p.groups
		return &node{op: opCapture, group: p.groups}, false, nil
	}
	p.i--
	onlyFlags, err = p.inlineFlags(start)
	return nil, onlyFlags, err
}

// groupName reads name> .
func (p *parser) groupName() (string, error) {
	start := p.i
	for isLetter(p.look(0)) || p.i > start && isDigit(p.look(0)) {
		p.i++
	}
	name := string(p.in[start:p.i])
	if name == "" {
		return "", p.fail(start, "a group's name must begin with a letter")
	}
	if p.look(0) != '>' {
		return "", p.fail(p.i, "a group's name has letters and digits only and ends with >")
	}
	p.i++
	return name, nil
}

// inlineFlags reads flags) or flags: .
func (p *parser) inlineFlags(start int) (onlyFlags bool, err error) {
	on := true
	for {
		c := p.look(0)
		p.i++
		switch c {
		case 'i':
			p.flags.icase = on
		case 'm':
			p.flags.multi = on
		case 's':
			p.flags.dotall = on
		case 'u':
			p.flags.ucase = on
		case 'x':
			p.flags.comments = on
		case 'd':
			p.flags.unix = on
		case 'U':
			p.flags.uclass, p.flags.ucase = on, on
		case '-':
			if !on {
				return false, p.fail(p.i-1, "two minus signs among the flags")
			}
			on = false
		case ')':
			return true, nil
		case ':':
			return false, nil
		case 'P':
			return false, p.fail(start, "no group (?P…)").WithHint("Java writes (?<name>…) and \\\\k<name>")
		case -1:
			return false, p.fail(start, "unclosed group")
		default:
			return false, p.fail(p.i-1, "no flag %q", string(c))
		}
	}
}
