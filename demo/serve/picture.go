package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The picture: hills behind hills at dusk, with a grain that keeps the file from
// being too small to watch it arrive.
const (
	pictureWidth  = 1600
	pictureHeight = 700
	hills         = 6
)

// rgb is a colour in floating point, 0 to 255.
type rgb [3]float64

func (c rgb) mix(other rgb, share float64) rgb {
	for i := range c {
		c[i] += (other[i] - c[i]) * share
	}
	return c
}

var (
	skyTop    = rgb{38, 46, 92}
	skyMiddle = rgb{190, 104, 120}
	skyLow    = rgb{250, 190, 130}
	sunlight  = rgb{255, 236, 200}
	hillFar   = rgb{172, 104, 122}
	hillNear  = rgb{20, 24, 44}
)

// picture renders it as PNG. It is the same each time.
func picture() ([]byte, error) {
	canvas := image.NewNRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	noise := uint64(7)
	for x := range pictureWidth {
		var ridges [hills]float64
		for hill := range ridges {
			ridges[hill] = ridge(hill, float64(x))
		}
		for y := range pictureHeight {
			pixel := colorAt(ridges, float64(x), float64(y))
			// xorshift64: the grain
			noise ^= noise << 13
			noise ^= noise >> 7
			noise ^= noise << 17
			grain := float64(noise%9) - 4
			canvas.SetNRGBA(x, y, color.NRGBA{
				channel(pixel[0] + grain), channel(pixel[1] + grain), channel(pixel[2] + grain), 255,
			})
		}
	}
	var file bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&file, canvas)
	return file.Bytes(), err
}

// ridge is the height, from above, of the edge of a hill at x; hill 0 is the
// farthest.
func ridge(hill int, x float64) float64 {
	depth := float64(hill) / (hills - 1)
	y := pictureHeight * (0.5 + 0.4*depth)
	phase := float64(hill)*1.9 + 0.7
	amplitude := 34 + 22*depth
	for octave := range 6 {
		wave := math.Sin(x*0.0024*(1+depth)*math.Pow(1.9, float64(octave)) + phase*float64(octave+1)*1.3)
		y -= amplitude * wave
		amplitude *= 0.44
	}
	return y
}

// colorAt is the colour at a point, given the edges of the hills there.
func colorAt(ridges [hills]float64, x, y float64) rgb {
	for hill := hills - 1; hill >= 0; hill-- {
		if below := y - ridges[hill]; below >= 0 {
			depth := float64(hill) / (hills - 1)
			body := hillFar.mix(hillNear, math.Pow(depth, 0.8))
			mist := 0.5 * (1 - depth*0.75) * math.Min(1, below/170)
			edge := math.Min(1, below+0.35) // softens the line
			return sky(x, y).mix(body.mix(skyLow, mist), edge)
		}
	}
	return sky(x, y)
}

func sky(x, y float64) rgb {
	height := y / pictureHeight
	var pixel rgb
	if height < 0.36 {
		pixel = skyTop.mix(skyMiddle, math.Pow(height/0.36, 1.3))
	} else {
		pixel = skyMiddle.mix(skyLow, math.Min(1, (height-0.36)/0.22))
	}
	distance := math.Hypot(x-pictureWidth*0.68, y-pictureHeight*0.4)
	pixel = pixel.mix(sunlight, 0.55*math.Exp(-distance/150))
	return pixel.mix(sunlight, math.Max(0, math.Min(1, 47-distance)))
}

func channel(value float64) uint8 { return uint8(max(0, min(255, math.Round(value)))) }
