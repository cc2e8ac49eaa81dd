package dev.kiln.ops.checkpoint;

import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

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
    read(
        file,
        model,
        names,
        state -> {
          model.load(state);
          return List.of();
        });
  }

  /**
   * Overwrites what the file has and the names do not {@linkplain NameMap#ignore ignore}; the rest
   * of the model stays. For a model with another head:
   *
   * <pre>{@code
   * Weights.loadPart(file, model, NameMap.SAME.ignore("fc\\..*"));
   * }</pre>
   *
   * @return the names of parameters and buffers that stayed as they were
   * @throws KilnException if the file cannot be read, has a name that the model has not, or a shape
   *     differs; the model is unchanged then
   */
  public static List<String> loadPart(Path file, Module model, NameMap names) {
    return read(file, model, names, model::loadPart);
  }

  private static List<String> read(
      Path file, Module model, NameMap names, Function<Map<String, Tensor>, List<String>> use) {
    try (var opened = SafetensorsFile.open(file);
        Scope _ = model.context().scope()) {
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
        return use.apply(state);
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
