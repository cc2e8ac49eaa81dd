package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Namespace;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Names of modules, functions, types and constants. Triton's modules have many names, and functions
 * have moved between them: all of them lead to the one row of the table.
 */
public final class Namespaces {
  private static final String LANGUAGE = "triton.language";

  /** Where kernels that PyTorch generated import {@code libdevice} and {@code math} from. */
  private static final String INDUCTOR = "torch._inductor.runtime.triton_helpers";

  /** Modules in whose place the language itself may be looked up. */
  private static final Set<String> SAME_AS_LANGUAGE =
      Set.of("core", "standard", "random", "math", "semantic");

  /** Modules that hold libdevice's functions; those under {@code math} are of older Triton. */
  private static final Set<String> SAME_AS_LIBDEVICE =
      Set.of(
          "extra.libdevice",
          "extra.cuda.libdevice",
          "extra.cpu.libdevice",
          "extra.hip.libdevice",
          "extra.xpu.libdevice",
          "extra.intel.libdevice",
          "libdevice",
          "math");

  private static final Set<String> MODULES =
      Set.of(
          "triton",
          LANGUAGE,
          LANGUAGE + ".core",
          LANGUAGE + ".standard",
          LANGUAGE + ".random",
          LANGUAGE + ".math",
          LANGUAGE + ".libdevice",
          LANGUAGE + ".target_info",
          LANGUAGE + ".extra",
          LANGUAGE + ".extra.libdevice",
          LANGUAGE + ".extra.cuda",
          LANGUAGE + ".extra.cuda.libdevice",
          LANGUAGE + ".extra.cpu",
          LANGUAGE + ".extra.cpu.libdevice",
          LANGUAGE + ".extra.hip",
          LANGUAGE + ".extra.hip.libdevice",
          LANGUAGE + ".extra.xpu",
          LANGUAGE + ".extra.xpu.libdevice",
          LANGUAGE + ".extra.intel",
          LANGUAGE + ".extra.intel.libdevice",
          LANGUAGE + ".PropagateNan",
          "builtins");

  private static final Map<String, Object> CONSTANTS = constants();

  private Namespaces() {}

  private static Map<String, Object> constants() {
    Map<String, Object> constants =
        Arrays.stream(DType.values())
            .collect(Collectors.toMap(DType::languageName, dtype -> (Object) dtype));
    constants.put("pi32_t", new PointerTo(DType.I32, false));
    constants.put("PropagateNan.NONE", MathOperations.PropagateNan.NONE);
    constants.put("PropagateNan.ALL", MathOperations.PropagateNan.ALL);
    constants.put("TRITON_MAX_TENSOR_NUMEL", (long) Arguments.MOST_ELEMENTS);
    return constants;
  }

  /** See {@link dev.kiln.compiler.frontend.Builtins#resolve}. */
  public static Optional<FrontValue> resolve(String path) {
    for (String candidate : candidates(path)) {
      Optional<FrontValue> found = find(candidate);
      if (found.isPresent()) {
        return found;
      }
    }
    return candidates(path).stream().filter(MODULES::contains).findFirst().map(Namespace::new);
  }

  private static Optional<FrontValue> find(String path) {
    Optional<Builtin> builtin = OperationTable.instance().find(path);
    if (builtin.isPresent()) {
      return Optional.of(builtin.get());
    }
    return path.startsWith(LANGUAGE + ".")
        ? Optional.ofNullable(CONSTANTS.get(path.substring(LANGUAGE.length() + 1)))
            .map(Constexpr::new)
        : Optional.empty();
  }

  /** The paths that a path may stand for, the most direct first. */
  private static List<String> candidates(String path) {
    List<String> candidates = new ArrayList<>(List.of(path));
    if (path.startsWith(INDUCTOR)) {
      return candidates(LANGUAGE + path.substring(INDUCTOR.length()));
    }
    int dot = path.lastIndexOf('.');
    if (!path.startsWith(LANGUAGE + ".") || dot <= LANGUAGE.length()) {
      return candidates;
    }
    String module = path.substring(LANGUAGE.length() + 1, dot);
    String name = path.substring(dot + 1);
    if (module.startsWith("core.") || module.startsWith("math.")) {
      return candidates(LANGUAGE + path.substring(LANGUAGE.length() + "core.".length()));
    }
    if (SAME_AS_LANGUAGE.contains(module)) {
      candidates.add(LANGUAGE + "." + name);
    }
    if (SAME_AS_LIBDEVICE.contains(module)) {
      candidates.add(LibdeviceOperations.MODULE + "." + name);
    }
    if (module.equals("extra")) {
      candidates.add(MachineOperations.CUDA + "." + name);
    }
    return candidates;
  }

  /** Whether messages about missing names in that module are ours to give. */
  static boolean isModule(String path) {
    return MODULES.contains(path);
  }

  /** The names that a module offers, for suggestions. */
  static List<String> names(String module) {
    List<String> names = new ArrayList<>();
    for (String candidate : candidates(module + ".x")) {
      String home = candidate.substring(0, candidate.length() - ".x".length());
      names.addAll(OperationTable.instance().namesIn(home));
      if (home.equals(LANGUAGE)) {
        names.addAll(CONSTANTS.keySet());
      }
    }
    MODULES.stream()
        .filter(other -> other.startsWith(module + "."))
        .map(other -> other.substring(module.length() + 1).split("\\.")[0])
        .forEach(names::add);
    return names;
  }
}
