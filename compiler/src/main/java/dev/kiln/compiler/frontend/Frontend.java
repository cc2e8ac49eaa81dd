package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.TileFunction.Param;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import java.util.List;
import java.util.Optional;

/** Turns a kernel of a file into tile IR, for one specialisation. */
public final class Frontend {
  private Frontend() {}

  /** Receives what a compilation says besides its result. */
  public interface Listener {
    /** Something that is allowed but may not be meant. */
    void warning(Diagnostic warning);

    /** A line that the kernel prints at compile time with {@code tl.static_print}. */
    default void output(String line) {}
  }

  /**
   * Specialises a kernel.
   *
   * @param kernel the name of a function of the file that is decorated with {@code triton.jit}
   * @param specialization one argument for each parameter of the kernel
   * @param listener receives warnings and what the kernel prints at compile time
   * @throws CompilationException if the kernel is not well formed for these arguments; the
   *     diagnostic names the place and the chain of calls that led there
   */
  public static TileFunction lower(
      KernelFile file,
      ImportResolver imports,
      String kernel,
      Specialization specialization,
      Target target,
      Listener listener) {
    var modules = new Modules(imports);
    ModuleScope module = modules.of(file);
    JitFunction function = kernel(module, kernel);
    var interpreter = new Interpreter(specialization, target, listener, modules);
    var frame = new Frame(kernel, module, Frame.Mode.KERNEL, Optional.empty(), Optional.empty());
    try {
      return interpreter.in(
          frame,
          () -> interpreter.at(function.definition().loc(), () -> run(interpreter, function)));
    } catch (CompilationException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw Faults.internal(function.definition().loc(), e);
    }
  }

  private static JitFunction kernel(ModuleScope module, String kernel) {
    Optional<JitFunction> function = module.function(kernel);
    if (function.isPresent()) {
      return function.get();
    }
    Location start = Location.of(module.file().source(), 1, 1, 1);
    List<String> kernels =
        module.names().stream().filter(name -> module.function(name).isPresent()).toList();
    throw CompilationException.at(
        start,
        "there is no kernel " + kernel + " in " + module.file().source().name(),
        kernels.isEmpty()
            ? "no function of this file is decorated with @triton.jit"
            : "its @triton.jit functions are " + String.join(", ", kernels));
  }

  private static TileFunction run(Interpreter interpreter, JitFunction function) {
    Stmt.FunctionDef definition = function.definition();
    List<Parameter> parameters = definition.parameters();
    List<ArgumentSpec> specs = interpreter.specialization().arguments();
    if (parameters.size() != specs.size()) {
      throw interpreter.error(
          "kernel "
              + function.name()
              + " has "
              + parameters.size()
              + " parameters, but "
              + specs.size()
              + " arguments are described");
    }
    var arguments = new KernelArguments(interpreter, function.module());
    var ops =
        interpreter.collect(
            () -> {
              for (int i = 0; i < specs.size(); i++) {
                arguments.bind(parameters.get(i), specs.get(i));
              }
              interpreter.statements().runFunction(definition);
              interpreter.builder().returnFromKernel();
            });
    List<Param> params = arguments.params();
    List<Value> values = params.stream().map(Param::value).toList();
    return new TileFunction(definition.loc(), function.name(), params, new Block(values, ops));
  }
}
