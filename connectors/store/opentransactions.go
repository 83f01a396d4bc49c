package main

// openTransactions are those that have not ended, by their number. Mostly there is one, which takes no map.
type openTransactions struct {
	one  *transaction
	more map[uint64]*transaction
}

// get gives the transaction of a number; nil: it is not open.
func (o *openTransactions) get(number uint64) *transaction {
	if o.one != nil && o.one.number == number {
		return o.one
	}
	return o.more[number]
}

// set adds a transaction whose number is not there.
func (o *openTransactions) set(number uint64, t *transaction) {
	if o.one == nil {
		o.one = t
		return
	}
	if o.more == nil {
		o.more = map[uint64]*transaction{}
	}
	o.more[number] = t
}

// drop takes a transaction out.
func (o *openTransactions) drop(number uint64) {
	if o.one != nil && o.one.number == number {
		o.one = nil
		return
	}
	delete(o.more, number)
}

// all gives them in no order.
func (o *openTransactions) all(yield func(*transaction) bool) {
	if o.one != nil && !yield(o.one) {
		return
	}
	for _, t := range o.more {
		if !yield(t) {
			return
		}
	}
}
