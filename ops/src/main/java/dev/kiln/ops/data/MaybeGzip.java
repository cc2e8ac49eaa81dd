package dev.kiln.ops.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Files that may be compressed with gzip, whatever they are called. */
final class MaybeGzip {
  private static final int MAGIC = 0x1f8b;

  private MaybeGzip() {}

  /** What the stream holds, decompressed where it starts as gzip does. */
  static InputStream open(InputStream stream) throws IOException {
    var in = new BufferedInputStream(stream);
    in.mark(2);
    int magic = in.read() << 8 | in.read();
    in.reset();
    return magic == MAGIC ? new GZIPInputStream(in, 1 << 16) : in;
  }
}
