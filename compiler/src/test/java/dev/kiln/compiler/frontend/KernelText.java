package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.Evaluator;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.SegmentMemory;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Verifier;
import dev.kiln.compiler.python.KernelFiles;
import dev.kiln.compiler.syntax.KernelFile;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A kernel file of a test: its function {@code kernel} is lowered, printed and run. */
final class KernelText {
  private static final long OUT = 0x1_0000;

  private final String text;
  private final Map<String, String> siblings = new HashMap<>();
  private final List<Diagnostic> warnings = new ArrayList<>();
  private final List<String> output = new ArrayList<>();
  private List<dev.kiln.compiler.ArgumentSpec> arguments = List.of();
  private CompileOptions options = CompileOptions.DEFAULT;

  private KernelText(String text) {
    this.text = text;
  }

  /** A file that imports triton and holds the text. */
  static KernelText of(String text) {
    return new KernelText("import triton\nimport triton.language as tl\n" + text);
  }

  /** A file whose only function is a kernel {@code kernel(out, ...)} with the lines as its body. */
  static KernelText body(String parameters, String body) {
    return of("@triton.jit\ndef kernel(" + parameters + "):\n" + body.indent(4));
  }

  KernelText with(String signature) {
    arguments = SignatureText.parse(signature);
    return this;
  }

  /** Another kernel file that imports can find. */
  KernelText sibling(String module, String content) {
    siblings.put(module, content);
    return this;
  }

  KernelText debug() {
    options = options.withDebug(true);
    return this;
  }

  List<String> warnings() {
    return warnings.stream().map(Diagnostic::message).toList();
  }

  List<String> output() {
    return output;
  }

  /** The kernel as tile IR that the verifier accepts. */
  TileFunction lower() {
    TileFunction function =
        Frontend.lower(
            KernelFiles.load(new Source("test.py", text)),
            (importer, level, module) -> sibling(module),
            "kernel",
            new Specialization(arguments, options),
            Target.CPU,
            new Frontend.Listener() {
              @Override
              public void warning(Diagnostic warning) {
                warnings.add(warning);
              }

              @Override
              public void output(String line) {
                output.add(line);
              }
            });
    Verifier.verify(function);
    return function;
  }

  private final Map<String, KernelFile> parsed = new HashMap<>();

  private Optional<KernelFile> sibling(String module) {
    return Optional.ofNullable(siblings.get(module))
        .map(
            content ->
                parsed.computeIfAbsent(
                    module, name -> KernelFiles.load(new Source(module + ".py", content))));
  }

  String ir() {
    return Printer.print(lower());
  }

  /** The operations of one kind, at any depth. */
  <T extends Op> List<T> ops(Class<T> kind) {
    return ops(lower().body()).filter(kind::isInstance).map(kind::cast).toList();
  }

  private static Stream<Op> ops(Block block) {
    return block.ops().stream()
        .flatMap(op -> Stream.concat(Stream.of(op), op.blocks().stream().flatMap(KernelText::ops)));
  }

  /** The error that lowering ends with. */
  Diagnostic fault() {
    CompilationException thrown = catchThrowableOfType(CompilationException.class, this::lower);
    if (thrown == null) {
      throw new AssertionError("the kernel compiles:\n" + ir());
    }
    return thrown.diagnostics().getFirst();
  }

  String message() {
    return fault().message();
  }

  /**
   * Runs one program whose first argument is a pointer to 64 numbers of type {@code i32}, and gives
   * the first of them.
   */
  int run(Number... scalars) {
    return runAll(scalars)[0];
  }

  int[] runAll(Number... scalars) {
    var segment = MemorySegment.ofArray(new byte[256]);
    var memory = new SegmentMemory();
    memory.add(new Allocation("out", OUT, 256, true), segment);
    var args = new ArrayList<Number>();
    args.add(OUT);
    args.addAll(List.of(scalars));
    Evaluator.run(lower(), Launch.of(Grid.of(1), memory, args));
    return segment.toArray(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED);
  }
}
