/** Integrity metadata of a body whose SHA-256 has these hexadecimal digits. */
export const sri = (hex) => `sha256-${Buffer.from(hex, 'hex').toString('base64')}`;
