package dev.kiln.compiler.transform;

import dev.kiln.compiler.CompileOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The passes that every kernel goes through, and their order. */
public final class StandardPipeline {
  /** Every pass by its name. */
  public static final Map<String, Pass> PASSES =
      List.of(
              new Canonicalize(),
              new CommonSubexpressions(),
              new DeadCodeElimination(),
              new LoopInvariantMotion(),
              new LoopUnrolling(),
              new IfConversion(),
              new ScalarizeCarriedTiles(),
              new ContractMultiplyAdd(),
              new DropBlockAccesses())
          .stream()
          .collect(Collectors.toUnmodifiableMap(Pass::name, Function.identity()));

  private StandardPipeline() {}

  /**
   * The passes for the options. The target plays no part: what a kernel computes, to the last bit,
   * is settled here once for every device.
   */
  public static PassPipeline of(CompileOptions options) {
    var passes = new ArrayList<Pass>();
    passes.add(pass("canonicalize"));
    passes.add(pass("cse"));
    passes.add(pass("unroll"));
    passes.add(pass("if-conversion"));
    passes.add(pass("dce"));
    passes.add(pass("canonicalize"));
    passes.add(pass("scalarize-carried"));
    passes.add(pass("canonicalize"));
    passes.add(pass("licm"));
    passes.add(pass("cse"));
    passes.add(pass("dce"));
    if (options.fpFusion()) {
      passes.add(pass("contract"));
    }
    return new PassPipeline(passes);
  }

  /** The pass of a name; fails for a name that is none. */
  public static Pass pass(String name) {
    Pass pass = PASSES.get(name);
    if (pass == null) {
      throw new IllegalArgumentException(
          "'" + name + "' is not a pass; there are " + PASSES.keySet().stream().sorted().toList());
    }
    return pass;
  }
}
