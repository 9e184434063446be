package engine

// givenUp says whether the record's host was tried often enough for now.
func (a *attempt) givenUp() bool {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	return a.engine.scheduler.GivenUp(a.job)
}

// answered tells that the record's host has answered.
func (a *attempt) answered() {
	a.engine.mu.Lock()
	defer a.engine.mu.Unlock()
	a.engine.scheduler.Answered(a.job)
}
