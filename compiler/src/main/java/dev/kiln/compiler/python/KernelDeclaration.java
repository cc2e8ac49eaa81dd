package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Stmt;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A function decorated with {@code triton.jit}, and what its decorators say.
 *
 * @param constants names of the parameters annotated {@code tl.constexpr}
 * @param heuristics the {@code triton.heuristics} decorators, outermost first, which is the order
 *     in which they are asked
 * @param notes decorators that are not understood and what could not be evaluated, for {@code kiln
 *     check}
 */
public record KernelDeclaration(
    Stmt.FunctionDef function,
    Set<String> constants,
    JitOptions jit,
    Optional<Autotune> autotune,
    List<Heuristics> heuristics,
    List<String> notes) {
  public String name() {
    return function.name();
  }

  /**
   * Keywords of {@code triton.jit}.
   *
   * @param doNotSpecialize names of parameters of which neither the value 1 nor divisibility by 16
   *     is used
   * @param doNotSpecializeOnAlignment names of parameters of which divisibility by 16 is not used
   * @param noinline whether calls are kept; Kiln inlines all calls
   * @param debug whether assertions of the kernel are checked, if said
   * @param version an opaque mark of the author's, if said
   */
  public record JitOptions(
      Set<String> doNotSpecialize,
      Set<String> doNotSpecializeOnAlignment,
      boolean noinline,
      Optional<Boolean> debug,
      Optional<Object> version) {
    public static final JitOptions NONE =
        new JitOptions(Set.of(), Set.of(), false, Optional.empty(), Optional.empty());
  }

  /**
   * {@code triton.autotune}.
   *
   * @param configs the configurations; empty if they could not be evaluated
   * @param unknown why the configurations are not known at compile time
   * @param key names of the parameters whose values choose the configuration
   * @param resetToZero names of the pointers whose memory is zeroed between trials
   * @param restoreValue names of the pointers whose memory is restored between trials
   * @param preHook takes a dict of the arguments by name and {@code reset_only}; run before each
   *     trial, in the place of {@code reset_to_zero} and {@code restore_value}
   * @param postHook takes a dict of the arguments by name and {@code exception}; run after each
   *     trial
   * @param pruning what {@code prune_configs_by} says
   * @param warmup milliseconds of trial runs before measuring, if said
   * @param rep milliseconds of measuring, if said
   */
  public record Autotune(
      List<TritonConfig> configs,
      Optional<String> unknown,
      List<String> key,
      List<String> resetToZero,
      List<String> restoreValue,
      Optional<PyCallable> preHook,
      Optional<PyCallable> postHook,
      Optional<Pruning> pruning,
      Optional<Long> warmup,
      Optional<Long> rep,
      boolean cacheResults) {}

  /**
   * {@code prune_configs_by}.
   *
   * @param early takes the list of configurations and a dict of the arguments, and gives a shorter
   *     list
   * @param perfModel takes the arguments by name, and gives a time
   * @param topK how many configurations remain after {@code perfModel}: a number, or a fraction of
   *     all
   */
  public record Pruning(
      Optional<PyCallable> early, Optional<PyCallable> perfModel, Optional<Object> topK) {}

  /**
   * {@code triton.heuristics}: constants computed from the arguments of a launch.
   *
   * @param values takes a {@link PyDict} of all arguments by name, and gives the parameter's value;
   *     by parameter
   * @param unknown why the functions are not known at compile time
   * @param withinAutotune whether the configuration of an {@code autotune} is among those arguments
   */
  public record Heuristics(
      Map<String, PyCallable> values, Optional<String> unknown, boolean withinAutotune) {}
}
