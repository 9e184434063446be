/**
 * Go's own glue, lib/wasm/wasm_exec.js of the Go that built the program, wrapped
 * by build.mjs: what it does to globalThis it does to the argument.
 */
declare module 'go:wasm_exec' {
  export interface GoRuntime {
    importObject: WebAssembly.Imports;
    /** Called with the exit code when main has returned or the program panicked. */
    exit(code: number): void;
    /** Runs main. Resolves when the program has exited. */
    run(instance: WebAssembly.Instance): Promise<void>;
    exited: boolean;
    /** Enters the program: every callback and timer of it passes through here. */
    _resume(): void;
    _scheduledTimeouts: Map<number, ReturnType<typeof setTimeout>>;
  }

  /**
   * @param globalObject gets `Go`, and `fs`, `process` and `path` where absent;
   *   it is what the program sees as its global object.
   * @param fs what runtime output goes to.
   */
  export default function evaluate(
    globalObject: object,
    fs: { writeSync(fd: number, bytes: Uint8Array): number },
  ): {
    new (): GoRuntime;
  };
}
