/** What of a page the types of a worker lack. */
type Document = EventTarget & { visibilityState: string; hidden: boolean; baseURI: string; currentScript: object | null };
declare var document: Document;
