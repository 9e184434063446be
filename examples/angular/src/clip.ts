import { Component, inject } from '@angular/core';
import { Downloads } from './downloads';

@Component({
  selector: 'app-clip',
  template: `
    <button (click)="download()" [disabled]="clip()?.result === ''">Download</button>
    <output>{{ clip() ? (clip()!.result || 'loading') + ' ' + clip()!.downloaded : 'nothing' }}</output>
  `,
})
export class Clip {
  readonly #downloads = inject(Downloads);
  readonly clip = this.#downloads.progress('clip');

  download(): Promise<void> {
    return this.#downloads.start('clip', 'media/clip.bin', { title: 'Clip' });
  }
}
