/** A rectangle of RGB pixels, three bytes each, rows from the top. */
export interface Canvas {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

export type Colour = readonly [red: number, green: number, blue: number]
export type Point = readonly [x: number, y: number]

/** A filled shape: how far a point is outside it (negative inside), in pixels, and the box that holds it. */
export interface Shape {
  distance(x: number, y: number): number
  readonly box: readonly [left: number, top: number, right: number, bottom: number]
}

export function newCanvas(width: number, height: number): Canvas {
  return { width, height, pixels: new Uint8Array(width * height * 3) }
}

export function copyCanvas(canvas: Canvas): Canvas {
  return { ...canvas, pixels: canvas.pixels.slice() }
}

/** Fills a shape; a pixel half covered by its edge is half painted, which keeps edges smooth. */
export function paint(canvas: Canvas, shape: Shape, colour: Colour): void {
  const [left, top, right, bottom] = shape.box
  const lastX = Math.min(canvas.width - 1, Math.ceil(right))
  const lastY = Math.min(canvas.height - 1, Math.ceil(bottom))
  for (let y = Math.max(0, Math.floor(top)); y <= lastY; y += 1) {
    for (let x = Math.max(0, Math.floor(left)); x <= lastX; x += 1) {
      const cover = 0.5 - shape.distance(x + 0.5, y + 0.5)
      if (cover > 0) blend(canvas, (y * canvas.width + x) * 3, colour, Math.min(1, cover))
    }
  }
}

function blend({ pixels }: Canvas, at: number, colour: Colour, cover: number): void {
  for (const [channel, value] of colour.entries()) {
    const before = pixels[at + channel] ?? 0
    pixels[at + channel] = Math.round(before + (value - before) * cover)
  }
}

/** Fills a band of rows with one colour turning into another. */
export function gradient(canvas: Canvas, rows: readonly [from: number, to: number], top: Colour, bottom: Colour): void {
  const [from, to] = rows
  for (let y = from; y < to; y += 1) {
    const share = (y - from) / (to - from)
    const row = top.map((value, channel) => Math.round(value + ((bottom[channel] ?? value) - value) * share))
    for (let x = 0; x < canvas.width; x += 1) canvas.pixels.set(row, (y * canvas.width + x) * 3)
  }
}

export function rectangle(left: number, top: number, width: number, height: number): Shape {
  const right = left + width
  const bottom = top + height
  return {
    distance: (x, y) => Math.max(left - x, x - right, top - y, y - bottom),
    box: [left, top, right, bottom],
  }
}

export function ellipse([cx, cy]: Point, radiusX: number, radiusY: number): Shape {
  return {
    distance: (x, y) => (Math.hypot((x - cx) / radiusX, (y - cy) / radiusY) - 1) * Math.min(radiusX, radiusY),
    box: [cx - radiusX - 1, cy - radiusY - 1, cx + radiusX + 1, cy + radiusY + 1],
  }
}

/** A line with round ends whose radius goes from one end's to the other's: a limb. */
export function limb([ax, ay]: Point, [bx, by]: Point, radiusA: number, radiusB: number): Shape {
  const [dx, dy] = [bx - ax, by - ay]
  const lengthSquared = dx * dx + dy * dy || 1
  const reach = Math.max(radiusA, radiusB) + 1
  return {
    distance: (x, y) => {
      const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / lengthSquared))
      return Math.hypot(x - ax - dx * along, y - ay - dy * along) - (radiusA + (radiusB - radiusA) * along)
    },
    box: [Math.min(ax, bx) - reach, Math.min(ay, by) - reach, Math.max(ax, bx) + reach, Math.max(ay, by) + reach],
  }
}

/** A convex polygon, its corners in clockwise order as seen on the screen. */
export function polygon(...corners: readonly Point[]): Shape {
  const edges = corners.map((from, index) => {
    const to = corners[(index + 1) % corners.length] ?? from
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1
    return { from, normal: [(to[1] - from[1]) / length, (from[0] - to[0]) / length] as const }
  })
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)]
  return {
    distance: (x, y) => Math.max(...edges.map(({ from, normal }) => (x - from[0]) * normal[0] + (y - from[1]) * normal[1])),
    box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
  }
}
