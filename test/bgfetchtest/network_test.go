package bgfetchtest_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"background-fetch-wasm/test/bgfetchtest"
	"background-fetch-wasm/wasm/bgfetch"
)

func TestNetwork(t *testing.T) {
	bgfetchtest.NetworkSuite(t, func() bgfetchtest.NetworkUnderTest {
		bodies := bgfetchtest.NewMemoryBodies()
		network := bgfetchtest.NewNetwork(bodies)
		network.SetDead("https://nobody.test", true)
		files := 0
		return bgfetchtest.NetworkUnderTest{
			Network: network, Bodies: bodies, Nobody: "https://nobody.test/",
			URL: func(f bgfetchtest.File) string {
				files++
				url := fmt.Sprintf("https://site.test/%d", files)
				network.Handle(url, func(_ int, init bgfetch.TransferInit) bgfetchtest.Response {
					response := bgfetchtest.Resource{Body: content(f), Rate: f.Rate}.Respond(init)
					if f.Status != 0 {
						response.Head.Status = f.Status
					}
					response.Cut, response.Stall = f.Cut, f.Stall
					return response
				})
				return url
			},
			Bytes: func(_ bgfetchtest.T, f bgfetchtest.File) []byte { return content(f) },
		}
	})
}

func content(f bgfetchtest.File) []byte {
	body := make([]byte, f.Size)
	_, _ = rand.NewChaCha8([32]byte{byte(f.Seed)}).Read(body) // never fails
	return body
}
