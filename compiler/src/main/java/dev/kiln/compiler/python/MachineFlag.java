package dev.kiln.compiler.python;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A question about the machine that published files answer in a module of their own package, under
 * names that leave no doubt: {@code from fla.utils import IS_AMD}, {@code from utils import
 * is_hip}. Answered as on a CUDA machine, whether it is written as a constant or as a call.
 */
record MachineFlag(String name, boolean value) implements PyObject, PyCallable {
  private static final Set<String> TRUE = Set.of("is_cuda", "is_nvidia", "check_shared_mem");
  private static final Set<String> FALSE =
      Set.of(
          "is_amd",
          "is_hip",
          "is_rocm",
          "is_intel",
          "is_xpu",
          "is_npu",
          "is_ascend",
          "is_musa",
          "is_cpu",
          "is_nvidia_hopper",
          "is_nvidia_blackwell",
          "is_hopper",
          "is_blackwell",
          "use_cuda_graph");

  /** The flag that the last part of a full name stands for, if it is one. */
  static Optional<Object> find(String path) {
    String name = path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return TRUE.contains(name) || FALSE.contains(name)
        ? Optional.of(new MachineFlag(name, TRUE.contains(name)))
        : Optional.empty();
  }

  @Override
  public String typeName() {
    return "bool";
  }

  @Override
  public boolean truth() {
    return value;
  }

  @Override
  public Object call(List<Object> args, Map<String, Object> kwargs) {
    return value;
  }

  @Override
  public String toString() {
    return PythonText.repr(value);
  }
}
