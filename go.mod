module background-fetch-wasm

go 1.26

require (
	github.com/hack-pad/go-indexeddb v0.3.2
	github.com/hack-pad/safejs v0.1.1
	github.com/nlepage/go-wasm-http-server/v2 v2.2.1
)

require github.com/nlepage/go-js-promise v1.0.0 // indirect
