package dev.kiln.runtime.cache;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.KernelParameter;
import dev.kiln.runtime.cache.CacheEntry.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What there is in a kernel file, so that it need not be parsed to launch a kernel that was
 * compiled before. Found by the bytes of the file; good while the files that it imports, or might
 * import, are as they were.
 *
 * @param imports the text of each other file that was looked for, by place; empty where there was
 *     none
 * @param kernels the functions for the device, in the order of the file
 */
public record ModuleFacts(Map<String, Optional<String>> imports, List<KernelFacts> kernels) {
  /** Tells whether a file that was looked for is as it was. */
  @FunctionalInterface
  public interface Unchanged {
    /**
     * @param text what it held; empty if it was not there
     */
    boolean test(String place, Optional<String> text);
  }

  /**
   * The facts of a kernel file that was seen before.
   *
   * @param place tells kernel files of the same text apart that lie elsewhere
   * @param mark the file's text, or what changes whenever it does
   */
  public static Optional<ModuleFacts> find(
      CompileCache cache, String place, byte[] mark, Unchanged unchanged) {
    if (!cache.isOn()) {
      return Optional.empty();
    }
    try {
      Optional<byte[]> payload = cache.read(Kind.MODULE, key(place, mark));
      if (payload.isEmpty()) {
        return Optional.empty();
      }
      ModuleFacts facts = decode(payload.get());
      for (Map.Entry<String, Optional<String>> file : facts.imports.entrySet()) {
        if (!unchanged.test(file.getKey(), file.getValue())) {
          return Optional.empty();
        }
      }
      return Optional.of(facts);
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Keeps the facts, unless they hold what cannot be stored. */
  public void keep(CompileCache cache, String place, byte[] mark) {
    if (!cache.isOn()) {
      return;
    }
    try {
      cache.write(new CacheEntry(Kind.MODULE, place, "", key(place, mark), encode()));
    } catch (IOException e) {
      // The file is parsed each time.
    }
  }

  private static byte[] key(String place, byte[] mark) throws IOException {
    var bytes = new ByteArrayOutputStream(mark.length + 256);
    var out = new DataOutputStream(bytes);
    out.write(CompilerVersion.bytes());
    StoredValues.writeText(out, place);
    out.write(mark);
    return bytes.toByteArray();
  }

  byte[] encode() throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.writeInt(imports.size());
    for (Map.Entry<String, Optional<String>> file : imports.entrySet()) {
      StoredValues.writeText(out, file.getKey());
      out.writeBoolean(file.getValue().isPresent());
      if (file.getValue().isPresent()) {
        StoredValues.writeText(out, file.getValue().get());
      }
    }
    out.writeInt(kernels.size());
    for (KernelFacts kernel : kernels) {
      write(out, kernel);
    }
    return bytes.toByteArray();
  }

  static ModuleFacts decode(byte[] payload) throws IOException {
    var in = new DataInputStream(new ByteArrayInputStream(payload));
    Map<String, Optional<String>> imports = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      String place = StoredValues.readText(in);
      imports.put(
          place, in.readBoolean() ? Optional.of(StoredValues.readText(in)) : Optional.empty());
    }
    List<KernelFacts> kernels = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      kernels.add(kernel(in));
    }
    return new ModuleFacts(imports, kernels);
  }

  private static void write(DataOutputStream out, KernelFacts kernel) throws IOException {
    out.writeUTF(kernel.name());
    writeBytes(out, kernel.closure());
    writeBytes(out, kernel.positions());
    out.writeInt(kernel.parameters().size());
    for (KernelParameter parameter : kernel.parameters()) {
      write(out, parameter);
    }
    out.writeBoolean(kernel.hasHeuristics());
    out.writeInt(kernel.configs().size());
    for (TritonConfig config : kernel.configs()) {
      write(out, config);
    }
    out.writeInt(kernel.tuningKey().size());
    for (String name : kernel.tuningKey()) {
      out.writeUTF(name);
    }
  }

  private static KernelFacts kernel(DataInputStream in) throws IOException {
    String name = in.readUTF();
    byte[] closure = in.readNBytes(in.readInt());
    byte[] positions = in.readNBytes(in.readInt());
    List<KernelParameter> parameters = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      parameters.add(parameter(in));
    }
    boolean hasHeuristics = in.readBoolean();
    List<TritonConfig> configs = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      configs.add(config(in));
    }
    List<String> tuningKey = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      tuningKey.add(in.readUTF());
    }
    return new KernelFacts(name, closure, positions, parameters, hasHeuristics, configs, tuningKey);
  }

  private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void write(DataOutputStream out, KernelParameter parameter) throws IOException {
    out.writeUTF(parameter.name());
    out.writeBoolean(parameter.isConstant());
    out.writeBoolean(parameter.isConst());
    out.writeUTF(parameter.dtype().isPresent() ? parameter.dtype().get().name() : "");
    out.writeBoolean(parameter.specializeOnValue());
    out.writeBoolean(parameter.specializeOnAlignment());
    out.writeBoolean(parameter.defaultValue().isPresent());
    if (parameter.defaultValue().isPresent()) {
      StoredValues.write(out, parameter.defaultValue().get());
    }
  }

  private static KernelParameter parameter(DataInputStream in) throws IOException {
    String name = in.readUTF();
    boolean isConstant = in.readBoolean();
    boolean isConst = in.readBoolean();
    String dtype = in.readUTF();
    return new KernelParameter(
        name,
        isConstant,
        isConst,
        dtype.isEmpty() ? Optional.empty() : Optional.of(DType.valueOf(dtype)),
        in.readBoolean(),
        in.readBoolean(),
        in.readBoolean() ? Optional.of(StoredValues.read(in)) : Optional.empty());
  }

  /** Functions have no stored form: files whose configurations have hooks are parsed each time. */
  static void write(DataOutputStream out, TritonConfig config) throws IOException {
    if (config.preHook().isPresent()) {
      throw new StoredValues.UnstorableException(config.preHook().get());
    }
    out.writeInt(config.kwargs().size());
    for (Map.Entry<String, Object> constant : config.kwargs().entrySet()) {
      out.writeUTF(constant.getKey());
      StoredValues.write(out, constant.getValue());
    }
    write(out, config.numWarps());
    write(out, config.numStages());
    write(out, config.numCtas());
    write(out, config.maxnreg());
  }

  static TritonConfig config(DataInputStream in) throws IOException {
    Map<String, Object> constants = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      String name = in.readUTF();
      constants.put(name, StoredValues.read(in));
    }
    return new TritonConfig(
        constants, option(in), option(in), option(in), option(in), Optional.empty());
  }

  private static void write(DataOutputStream out, OptionalInt option) throws IOException {
    out.writeBoolean(option.isPresent());
    out.writeInt(option.orElse(0));
  }

  private static OptionalInt option(DataInputStream in) throws IOException {
    boolean isPresent = in.readBoolean();
    int value = in.readInt();
    return isPresent ? OptionalInt.of(value) : OptionalInt.empty();
  }
}
