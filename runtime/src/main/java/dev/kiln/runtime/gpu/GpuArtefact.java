package dev.kiln.runtime.gpu;

import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.KernelAbi.Kind;
import dev.kiln.compiler.gpu.KernelAbi.Parameter;
import dev.kiln.compiler.gpu.KernelAbi.Source;
import dev.kiln.compiler.gpu.KernelAbi.TensorBox;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.cache.CachedKernel;
import dev.kiln.runtime.cache.CompileCache;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The PTX of a kernel as the cache keeps it.
 *
 * <p>Format, big endian: version; the entry's name, threads, blocks of a cluster, shared and
 * scratch bytes; the number of parameters and for each its name, kind, argument, offset, size, and
 * for a tensor map its dtype, extents, swizzle, padding and where the tensor's numbers come from;
 * the length of the PTX, and the PTX in UTF-8.
 */
public final class GpuArtefact {
  private static final int VERSION = 2;

  private GpuArtefact() {}

  /**
   * The PTX of a kernel, from the cache or made anew and kept.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if the kernel is not well formed or
   *     the target lacks what it needs
   */
  public static GpuKernel of(KernelVersion version, CompileCache cache) {
    String target = version.target().label();
    Optional<GpuKernel> stored =
        version.cachedWithLines(cache, target).find().flatMap(GpuArtefact::decode);
    if (stored.isPresent()) {
      return stored.get();
    }
    GpuKernel kernel = GpuCompiler.compile(version.compiled());
    // Asked anew: if the source changed since its facts were kept, compiling has told.
    CachedKernel place = version.cachedWithLines(cache, target);
    if (place.mayKeep()) {
      place.keep(encode(kernel));
    }
    return kernel;
  }

  static byte[] encode(GpuKernel kernel) {
    byte[] ptx = kernel.ptx().getBytes(StandardCharsets.UTF_8);
    var bytes = new ByteArrayOutputStream(ptx.length + 256);
    try (var out = new DataOutputStream(bytes)) {
      KernelAbi abi = kernel.abi();
      out.writeInt(VERSION);
      out.writeUTF(abi.entry());
      out.writeInt(abi.threads());
      out.writeInt(abi.clusterBlocks());
      out.writeLong(abi.sharedBytes());
      out.writeLong(abi.scratchBytesPerProgram());
      out.writeInt(abi.parameters().size());
      for (Parameter parameter : abi.parameters()) {
        write(out, parameter);
      }
      out.writeInt(ptx.length);
      out.write(ptx);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, Parameter parameter) throws IOException {
    out.writeUTF(parameter.name());
    out.writeUTF(parameter.kind().name());
    out.writeInt(parameter.argument());
    out.writeInt(parameter.offset());
    out.writeInt(parameter.bytes());
    if (parameter.kind() == Kind.TENSOR_MAP) {
      TensorBox box = parameter.box().orElseThrow();
      out.writeUTF(box.dtype().name());
      out.writeInt(box.extents().size());
      for (int extent : box.extents()) {
        out.writeInt(extent);
      }
      out.writeInt(box.swizzle());
      out.writeBoolean(box.padWithNan());
      out.writeInt(box.tensor().size());
      for (Source source : box.tensor()) {
        out.writeInt(source.argument());
        out.writeLong(source.number());
      }
    }
  }

  /** Empty if the bytes are not those of an artefact of this version. */
  static Optional<GpuKernel> decode(byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != VERSION) {
        return Optional.empty();
      }
      String entry = in.readUTF();
      int threads = in.readInt();
      int clusterBlocks = in.readInt();
      long sharedBytes = in.readLong();
      long scratchBytes = in.readLong();
      List<Parameter> parameters = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        parameters.add(readParameter(in));
      }
      int length = in.readInt();
      byte[] ptx = in.readNBytes(length);
      return ptx.length < length || in.available() > 0
          ? Optional.empty()
          : Optional.of(
              new GpuKernel(
                  new String(ptx, StandardCharsets.UTF_8),
                  new KernelAbi(
                      entry, parameters, threads, clusterBlocks, sharedBytes, scratchBytes)));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Parameter readParameter(DataInputStream in) throws IOException {
    String name = in.readUTF();
    Kind kind = Kind.valueOf(in.readUTF());
    int argument = in.readInt();
    int offset = in.readInt();
    int bytes = in.readInt();
    return new Parameter(
        name,
        kind,
        argument,
        offset,
        bytes,
        kind == Kind.TENSOR_MAP ? Optional.of(readBox(in)) : Optional.empty());
  }

  private static TensorBox readBox(DataInputStream in) throws IOException {
    DType dtype = DType.valueOf(in.readUTF());
    List<Integer> extents = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      extents.add(in.readInt());
    }
    int swizzle = in.readInt();
    boolean padWithNan = in.readBoolean();
    List<Source> tensor = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      tensor.add(new Source(in.readInt(), in.readLong()));
    }
    return new TensorBox(dtype, extents, swizzle, padWithNan, tensor);
  }
}
