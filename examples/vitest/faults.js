// Starts the fault server before the tests, and tells them its URL.
import { startFaults } from 'background-fetch-wasm/faults';

export default async function setup({ provide }) {
  const server = await startFaults();
  provide('faults', server.url);
  return () => server.close();
}
