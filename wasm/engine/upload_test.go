package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

func TestUpload(t *testing.T) {
	run(t, func(w *world) {
		w.bodies.Upload("h", randomBytes(5000))
		post := func(id string) bgfetch.Snapshot {
			init := fetchInit(id, siteA)
			init.Requests[0].Method = "POST"
			init.Requests[0].Body = &bgfetch.RequestBody{Handle: "h"}
			snapshot, err := w.engine.Fetch(context.Background(), init)
			if err != nil {
				t.Fatal(err)
			}
			return snapshot
		}
		answer := w.serve(siteA, 100)
		if snapshot := post("up"); snapshot.UploadTotal != 5000 || snapshot.Uploaded != 0 {
			t.Errorf("right after fetch(): %+v", snapshot)
		}
		time.Sleep(time.Minute)
		w.wantSuccess("up", answer)
		if told := w.result("up").Told; told.Uploaded != 5000 {
			t.Errorf("uploaded = %d", told.Uploaded)
		}

		w.network.Handle(siteA, func(int, bgfetch.TransferInit) bgfetchtest.Response {
			return bgfetchtest.Response{Err: fmt.Errorf("cut: %w", bgfetch.ErrNetwork)}
		})
		before := len(w.network.Requests())
		post("broken")
		time.Sleep(time.Hour)
		w.wantFailure("broken", bgfetch.ReasonFetchError)
		if sent := len(w.network.Requests()) - before; sent != 1 {
			t.Errorf("a POST was sent %d times", sent)
		}
	})
}

func TestLargeUploadTakesItsTime(t *testing.T) {
	run(t, func(w *world) {
		upload := func(id string, size int, takes time.Duration) {
			w.bodies.Upload(id, make([]byte, size))
			w.network.Handle(siteA, func(int, bgfetch.TransferInit) bgfetchtest.Response {
				return bgfetchtest.Response{Delay: takes, Head: bgfetch.Head{URL: siteA, Status: 200}, Body: []byte("got it")}
			})
			init := fetchInit(id, siteA)
			init.Requests[0].Method = "PUT"
			init.Requests[0].Body = &bgfetch.RequestBody{Handle: id}
			if _, err := w.engine.Fetch(context.Background(), init); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		upload("large", 4<<20, 8*time.Minute)
		w.wantSuccess("large", []byte("got it"))
		upload("small", 4<<10, 8*time.Minute)
		w.wantFailure("small", bgfetch.ReasonFetchError)
	})
}

func TestUploadIsNotSentAgainByTheNextEngine(t *testing.T) {
	run(t, func(w *world) {
		w.bodies.Upload("h", randomBytes(5000))
		w.network.Handle(siteA, func(int, bgfetch.TransferInit) bgfetchtest.Response {
			return bgfetchtest.Response{Delay: time.Hour}
		})
		init := fetchInit("up", siteA)
		init.Requests[0].Method = "PUT"
		init.Requests[0].Body = &bgfetch.RequestBody{Handle: "h"}
		if _, err := w.engine.Fetch(context.Background(), init); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.kill()
		w.start()
		time.Sleep(time.Minute)
		w.wantFailure("up", bgfetch.ReasonFetchError)
		if n := len(w.network.Requests()); n != 1 {
			t.Errorf("the PUT was sent %d times", n)
		}
	})
}
