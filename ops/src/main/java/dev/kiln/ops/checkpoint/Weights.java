package dev.kiln.ops.checkpoint;

import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The weights of a model as a file that other tools read, and back. */
public final class Weights {
  private Weights() {}

  /** Writes parameters and buffers under their names. */
  public static void save(Path file, Module model, Map<String, String> metadata) {
    var arrays = new LinkedHashMap<String, NdArray>();
    model.state().forEach((name, tensor) -> arrays.put(name, tensor.array()));
    Safetensors.write(file, arrays, metadata);
  }

  /** {@link #load(Path, Module, NameMap)} of names as they are. */
  public static void load(Path file, Module model) {
    load(file, model, NameMap.SAME);
  }

  /**
   * Overwrites all parameters and buffers; dtypes are converted.
   *
   * @throws KilnException if the file cannot be read, or names or shapes do not fit; the model is
   *     unchanged then
   */
  public static void load(Path file, Module model, NameMap names) {
    try (var opened = SafetensorsFile.open(file);
        Scope scope = model.context().scope()) {
      var state = new LinkedHashMap<String, Tensor>();
      for (String name : opened.names()) {
        names
            .target(name)
            .ifPresent(
                target -> {
                  NdArray array = opened.read(name, model.context().device());
                  Tensor tensor = model.context().adopt(array).named(target.name());
                  state.put(target.name(), target.isTransposed() ? transposed(tensor) : tensor);
                });
      }
      try {
        model.load(state);
      } catch (KilnException e) {
        throw new KilnException(file + ": " + e.getMessage(), e);
      }
    }
  }

  private static Tensor transposed(Tensor tensor) {
    if (tensor.rank() != 2) {
      throw new KilnException("only a matrix can be transposed, but is " + tensor);
    }
    return tensor.permute(1, 0);
  }
}
