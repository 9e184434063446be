package main

import (
	"bytes"
	"encoding/binary"
	"math"
)

// The clip: 24 bars of three seconds each.
const (
	sampleRate = 44100
	bars       = 24
	barSeconds = 3.0
)

// chords are the four of the piece, as MIDI notes from the bass up.
var chords = [4][5]int{
	{38, 57, 61, 64, 66}, // D major, ninth
	{35, 57, 59, 62, 66}, // B minor, seventh
	{31, 55, 59, 62, 66}, // G major, major seventh
	{33, 57, 59, 61, 64}, // A major, ninth
}

// arpeggio gives the steps of a bar as places in a chord; -1 is a rest.
var arpeggio = [3][8]int{
	{1, 2, 3, 4, 3, 2, 4, 3},
	{1, 3, 2, 4, -1, 3, 4, 2},
	{4, 3, 1, 2, 4, -1, 3, 1},
}

// stereo is sound: left and right samples, about -1 to 1.
type stereo [2][]float64

// clip renders the piece as a WAV file, 16 bits, stereo. It is the same each time.
func clip() []byte {
	frames := int(bars * barSeconds * sampleRate)
	sound := stereo{make([]float64, frames), make([]float64, frames)}
	for bar := range bars {
		begin := float64(bar) * barSeconds
		chord := chords[bar%len(chords)]
		sound.bass(begin, chord[0])
		for i, note := range chord[1:] {
			sound.pad(begin, note, float64(i)/3)
		}
		if bar < 2 || bar >= bars-1 {
			continue // opens and closes without the arpeggio
		}
		for step, place := range arpeggio[bar/4%len(arpeggio)] {
			if place < 0 {
				continue
			}
			octave := 12 * (1 + step/4*(bar/8%2))
			sound.pluck(begin+float64(step)*barSeconds/8, chord[place]+octave, float64(step)/7)
		}
	}
	sound.echo(barSeconds/8*1.5, 0.34)
	sound.fade(0.4, 5)
	return encodeWAV(sound)
}

// pluck adds a note like that of a struck string.
func (s stereo) pluck(begin float64, note int, pan float64) {
	f := frequency(note)
	for harmonic, level := range []float64{0.16, 0.06, 0.035, 0.012} {
		n := float64(harmonic + 1)
		s.tone(begin, 2.4, f*n*(1+0.0003*n*n), pan, func(t float64) float64 {
			return level * min(1, t/0.004) * math.Exp(-t*(1.6+1.1*n)) * min(1, (2.4-t)/0.1)
		})
	}
}

// pad adds a soft note of a whole bar that overlaps the next.
func (s stereo) pad(begin float64, note int, pan float64) {
	const length = barSeconds * 1.35
	for _, detune := range []float64{0.9985, 1.0015} {
		s.tone(begin, length, frequency(note)*detune, pan, func(t float64) float64 {
			return 0.022 * math.Pow(math.Sin(math.Pi*t/length), 1.5)
		})
	}
}

// bass adds a low note of a bar.
func (s stereo) bass(begin float64, note int) {
	for harmonic, level := range []float64{0.17, 0.05} {
		s.tone(begin, barSeconds, frequency(note)*float64(harmonic+1), 0.5, func(t float64) float64 {
			return level * min(1, t/0.03) * math.Exp(-t*0.7) * min(1, (barSeconds-t)/0.2)
		})
	}
}

// tone adds a sine with an envelope over time in seconds; pan goes from 0, left,
// to 1.
func (s stereo) tone(begin, length, hertz, pan float64, envelope func(t float64) float64) {
	left, right := math.Cos(pan*math.Pi/2), math.Sin(pan*math.Pi/2)
	first := int(begin * sampleRate)
	// The sine by rotation, and the envelope every 32 frames: both are much
	// cheaper than a call for each frame, and nobody hears it.
	stepSin, stepCos := math.Sincos(2 * math.Pi * hertz / sampleRate)
	x, y := 1.0, 0.0
	level, slope := 0.0, 0.0
	for i := range int(length * sampleRate) {
		at := first + i
		if at >= len(s[0]) {
			return
		}
		if i%32 == 0 {
			now, next := envelope(float64(i)/sampleRate), envelope(float64(i+32)/sampleRate)
			level, slope = now, (max(0, next)-now)/32
		}
		s[0][at] += y * level * left
		s[1][at] += y * level * right
		x, y = x*stepCos-y*stepSin, x*stepSin+y*stepCos
		level += slope
	}
}

// echo repeats each side on the other one after so many seconds, again and again.
func (s stereo) echo(seconds, level float64) {
	distance := int(seconds * sampleRate)
	for i := distance; i < len(s[0]); i++ {
		left, right := s[1][i-distance]*level, s[0][i-distance]*level
		s[0][i] += left
		s[1][i] += right
	}
}

// fade makes the beginning and the end soft.
func (s stereo) fade(in, out float64) {
	for _, side := range s {
		for i := range side {
			fromStart := float64(i) / sampleRate
			fromEnd := float64(len(side)-i) / sampleRate
			side[i] *= min(1, fromStart/in) * min(1, fromEnd/out)
		}
	}
}

func frequency(note int) float64 { return 440 * math.Pow(2, float64(note-69)/12) }

// encodeWAV writes 16-bit PCM.
func encodeWAV(sound stereo) []byte {
	const channels, bytesPerSample = 2, 2
	size := len(sound[0]) * channels * bytesPerSample
	var file bytes.Buffer
	file.Grow(44 + size)
	file.WriteString("RIFF")
	header := struct {
		Size                 uint32
		WAVE                 [8]byte
		FormatSize           uint32
		PCM, Channels        uint16
		SampleRate, ByteRate uint32
		BlockAlign, BitDepth uint16
		Data                 [4]byte
		DataSize             uint32
	}{
		uint32(36 + size), [8]byte([]byte("WAVEfmt ")), 16, 1, channels,
		sampleRate, sampleRate * channels * bytesPerSample,
		channels * bytesPerSample, 8 * bytesPerSample, [4]byte([]byte("data")), uint32(size),
	}
	_ = binary.Write(&file, binary.LittleEndian, header) // a Buffer does not fail
	samples := file.AvailableBuffer()
	for i := range sound[0] {
		for _, side := range sound {
			value := int16(math.Tanh(side[i]*2.2) * 32000)
			samples = binary.LittleEndian.AppendUint16(samples, uint16(value))
		}
	}
	file.Write(samples)
	return file.Bytes()
}
