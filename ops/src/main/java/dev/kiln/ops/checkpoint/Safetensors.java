package dev.kiln.ops.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The safetensors format: the length of the header as a little-endian 64-bit number, a JSON header
 * with dtype, shape and place of each array, then the arrays' bytes. See
 * https://github.com/huggingface/safetensors. {@link SafetensorsFile} reads it.
 */
public final class Safetensors {
  static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  static final String METADATA = "__metadata__";

  /** Arrays start at a multiple of this, so that they can be mapped and used in place. */
  private static final int ALIGNMENT = 8;

  /** Bytes that are copied from a device at a time. */
  private static final int CHUNK = 1 << 20;

  private Safetensors() {}

  /** An array's entry in the header. */
  record Entry(String dtype, long[] shape, long[] data_offsets) {}

  /**
   * Writes arrays in their order, through a temporary file beside it, so that the file is never
   * seen half written.
   *
   * @param metadata texts that are stored in the header
   * @throws KilnException if the file cannot be written, or has no code for a dtype
   */
  public static void write(Path file, Map<String, NdArray> arrays, Map<String, String> metadata) {
    AtomicFile.write(file, out -> write(out, arrays, metadata));
  }

  private static void write(
      OutputStream stream, Map<String, NdArray> arrays, Map<String, String> metadata)
      throws IOException {
    var out = new DataOutputStream(stream);
    byte[] header = header(arrays, metadata);
    out.writeLong(Long.reverseBytes(header.length));
    out.write(header);
    for (NdArray array : arrays.values()) {
      eachChunk(array, out::write);
    }
    out.flush();
  }

  /** Takes a part of an array's bytes. */
  @FunctionalInterface
  interface ChunkSink {
    void accept(byte[] bytes, int offset, int length) throws IOException;
  }

  /** The bytes of an array in row-major order, piece by piece. */
  static void eachChunk(NdArray array, ChunkSink sink) throws IOException {
    long size = array.size() * array.dtype().bytes();
    if (!array.isContiguous()) {
      byte[] all = array.toBytes();
      sink.accept(all, 0, all.length);
      return;
    }
    byte[] chunk = new byte[(int) Math.min(CHUNK, size)];
    long start = array.address() - array.buffer().address();
    for (long done = 0; done < size; done += chunk.length) {
      int length = (int) Math.min(chunk.length, size - done);
      array.buffer().copyTo(MemorySegment.ofArray(chunk).asSlice(0, length), start + done);
      sink.accept(chunk, 0, length);
    }
  }

  private static byte[] header(Map<String, NdArray> arrays, Map<String, String> metadata)
      throws JsonProcessingException {
    var header = new LinkedHashMap<String, Object>();
    if (!metadata.isEmpty()) {
      // Sorted: the same content gives the same bytes, whatever order a map has in this process.
      header.put(METADATA, new TreeMap<>(metadata));
    }
    long offset = 0;
    for (var named : arrays.entrySet()) {
      NdArray array = named.getValue();
      long end = offset + array.size() * array.dtype().bytes();
      header.put(
          named.getKey(), new Entry(code(array.dtype()), array.shape(), new long[] {offset, end}));
      offset = end;
    }
    byte[] json = JSON.writeValueAsBytes(header);
    int length = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] padded = Arrays.copyOf(json, length);
    Arrays.fill(padded, json.length, length, (byte) ' ');
    return padded;
  }

  /**
   * Reads all arrays to a device.
   *
   * @throws KilnException if the file cannot be read or is damaged
   */
  public static Map<String, NdArray> read(Path file, Device device) {
    try (var opened = SafetensorsFile.open(file)) {
      var arrays = new LinkedHashMap<String, NdArray>();
      for (String name : opened.names()) {
        arrays.put(name, opened.read(name, device));
      }
      return arrays;
    }
  }

  static String code(DType dtype) {
    return switch (dtype) {
      case I1 -> "BOOL";
      case FP8E5 -> "F8_E5M2";
      case FP8E4NV -> "F8_E4M3";
      case BF16 -> "BF16";
      case FP16 -> "F16";
      case FP32 -> "F32";
      case FP64 -> "F64";
      case I8, I16, I32, I64, U8, U16, U32, U64 -> dtype.shortName().toUpperCase(Locale.ROOT);
      case FP8E4B15, FP8E4B8, FP8E5B16 -> throw new KilnException("safetensors has no " + dtype);
    };
  }

  static DType dtype(Path file, String code) {
    for (DType dtype : DType.values()) {
      boolean known = dtype != DType.FP8E4B15 && dtype != DType.FP8E4B8 && dtype != DType.FP8E5B16;
      if (known && code(dtype).equals(code)) {
        return dtype;
      }
    }
    throw new KilnException(file + ": unknown dtype " + code);
  }
}
