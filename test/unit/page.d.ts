/** What of a page the types of a worker lack. */
type Document = EventTarget & { visibilityState: string; hidden: boolean; baseURI: string };
declare var document: Document;
