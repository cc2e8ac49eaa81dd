package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One row of the table of operations: a function of the language, and how it is carried out.
 *
 * @param name the full name, {@code triton.language.load}
 * @param dtypes which types it takes, for documentation
 * @param notes what differs from Triton or is not obvious, for documentation
 * @param isMethod whether tensors have it as a method too
 */
record Builtin(
    String name,
    Category category,
    Signature signature,
    String dtypes,
    String notes,
    boolean isMethod,
    Action action)
    implements FrontValue.Callable {

  /** How a function is carried out. */
  sealed interface Action {
    /** In Java, from its bound arguments. */
    record Native(Handler handler) implements Action {}

    /** In Java too, but what it does exists on GPUs alone: an error for other targets. */
    record OnGpu(Handler handler) implements Action {}

    /** By a function of the prelude, which binds its arguments itself. */
    record Prelude(String function) implements Action {}

    /** Known, but not there yet. */
    record Missing() implements Action {}
  }

  @FunctionalInterface
  interface Handler {
    FrontValue apply(Arguments args);
  }

  @Override
  public FrontValue call(FrontContext ctx, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    return switch (action) {
      case Action.Native(Handler handler) ->
          handler.apply(new Arguments(ctx, signature, signature.bind(ctx, args, kwargs)));
      case Action.OnGpu(Handler handler) -> {
        if (!ctx.target().isGpu()) {
          throw ctx.error(
              spokenName() + " needs a GPU target",
              "have another way for the CPU, under `if tl.target_info.is_cuda(): .. else: ..`");
        }
        yield handler.apply(new Arguments(ctx, signature, signature.bind(ctx, args, kwargs)));
      }
      case Action.Prelude(String function) -> ctx.callPrelude(function, args, kwargs);
      case Action.Missing() -> throw ctx.error("not supported yet: " + spokenName());
    };
  }

  boolean isSupported() {
    return !(action instanceof Action.Missing);
  }

  boolean isOnCpu() {
    return isSupported() && !(action instanceof Action.OnGpu);
  }

  /** The name as kernels write it: {@code tl.load}. */
  String spokenName() {
    return name.replaceFirst("^triton\\.language", "tl").replaceFirst("^builtins\\.", "");
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return spokenName();
  }

  /** A function with its first argument: {@code x.sum}. */
  record Bound(FrontValue.Callable function, FrontValue self) implements FrontValue.Callable {
    @Override
    public String name() {
      return function.name();
    }

    @Override
    public FrontValue call(
        FrontContext ctx, List<FrontValue> args, Map<String, FrontValue> kwargs) {
      List<FrontValue> all = new java.util.ArrayList<>(args);
      all.addFirst(self);
      return function.call(ctx, all, kwargs);
    }
  }

  /** The part of the path after the last dot. */
  String shortName() {
    return Typing.shortName(name);
  }

  Optional<String> preludeFunction() {
    return action instanceof Action.Prelude(String function)
        ? Optional.of(function)
        : Optional.empty();
  }
}
