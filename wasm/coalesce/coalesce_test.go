package coalesce_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"background-fetch-wasm/wasm/coalesce"
)

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s := coalesce.New[int]()
		begun := time.Now()
		var at []time.Duration
		var told []int
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx, time.Second, 10*time.Second, func() {
				at, told = append(at, time.Since(begun)), append(told, len(s.Take()))
			})
		}()
		for range 3 { // each twice in the first interval, once in the others
			s.Touch(1)
			s.Touch(1)
			s.Touch(2)
			s.Touch(3)
			s.Drop(3)
			time.Sleep(20 * time.Second)
		}
		cancel()
		<-done
		want := []time.Duration{time.Second, 21 * time.Second, 41 * time.Second}
		if len(at) < 3 || at[0] != want[0] || at[1] != want[1] || at[2] != want[2] {
			t.Errorf("told at %v, want %v", at, want)
		}
		for _, n := range told[:3] {
			if n != 2 {
				t.Errorf("told of %v things", told)
			}
		}
	})
}

// What is touched while it is told of is told of later, and not lost.
func TestTouchMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s := coalesce.New[string]()
		var told []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Run(ctx, 0, time.Second, func() {
				for thing := range s.Take() {
					told = append(told, thing)
				}
				if len(told) == 1 {
					s.Touch("later")
				}
			})
		}()
		s.Touch("first")
		time.Sleep(time.Minute)
		cancel()
		<-done
		if len(told) != 2 || told[1] != "later" {
			t.Errorf("told of %v", told)
		}
	})
}
