package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which steps of a program name registers of {@code wgmma.mma_async}, by the registers' names
 * within a function: they are known before anything runs.
 */
final class WgmmaRegisters {
  /** Instructions whose first operand is no register that they write. */
  private static final Set<String> WITHOUT_RESULT =
      Set.of("st", "red", "bar", "barrier", "bra", "ret", "call", "mbarrier", "cp", "stmatrix");

  /** What a step has to do with such registers. */
  enum Kind {
    NONE,
    FENCE,
    MULTIPLIES,
    /** Reads or writes some. */
    TOUCHES,
    /** The same by {@code mov}. */
    MOVES
  }

  private final Kind[] kinds;

  /** For each step that touches some: the numbers of the products whose registers they are. */
  private final BitSet[] touched;

  /** The same, of those that it may not touch while they are in flight. */
  private final BitSet[] colliding;

  /** The registers of a product. */
  private record Product(int number, String function, List<String> d, Set<String> a) {
    static Product of(int number, Step step) {
      List<Operand> operands = step.site().instruction().operands();
      Set<String> a = new HashSet<>();
      if (operands.get(1) instanceof Operand.Vector vector) {
        vector.elements().forEach(element -> names(element, a::add));
      }
      List<String> d = new ArrayList<>();
      names(operands.get(0), d::add);
      return new Product(number, step.site().function(), d, a);
    }
  }

  WgmmaRegisters(Program program) {
    Step[] steps = program.steps();
    kinds = new Kind[steps.length];
    touched = new BitSet[steps.length];
    colliding = new BitSet[steps.length];
    List<Product> products = new ArrayList<>();
    for (int i = 0; i < steps.length; i++) {
      Instruction instruction = steps[i].site().instruction();
      if (isProduct(instruction)) {
        products.add(Product.of(i, steps[i]));
      }
    }
    for (int i = 0; i < steps.length; i++) {
      classify(i, steps[i], products);
    }
  }

  private static boolean isProduct(Instruction instruction) {
    return Instructions.isWgmma(instruction) && instruction.modifiers().contains("mma_async");
  }

  private void classify(int number, Step step, List<Product> products) {
    Instruction instruction = step.site().instruction();
    touched[number] = new BitSet();
    colliding[number] = new BitSet();
    kinds[number] = Kind.NONE;
    if (Instructions.isWgmma(instruction) && !isProduct(instruction)) {
      boolean fence = instruction.modifiers().contains("fence");
      kinds[number] = fence ? Kind.FENCE : Kind.NONE;
      return;
    }
    Set<String> all = new HashSet<>();
    instruction.operands().forEach(operand -> names(operand, all::add));
    Set<String> written = new HashSet<>();
    if (!WITHOUT_RESULT.contains(instruction.opcode()) && !instruction.operands().isEmpty()) {
      names(instruction.operands().getFirst(), written::add);
    }
    List<String> sums = isProduct(instruction) ? Product.of(number, step).d() : List.of();
    for (Product product : products) {
      if (!product.function.equals(step.site().function())) {
        continue;
      }
      boolean ofD = anyOf(product.d, all);
      boolean chained = product.d.equals(sums) && !anyOf(product.d, inputs(instruction));
      if (ofD || anyOf(product.a, all)) {
        touched[number].set(product.number);
      }
      if (ofD && !chained || anyOf(product.a, written)) {
        colliding[number].set(product.number);
      }
    }
    if (isProduct(instruction)) {
      kinds[number] = Kind.MULTIPLIES;
    } else if (!touched[number].isEmpty()) {
      kinds[number] = instruction.opcode().equals("mov") ? Kind.MOVES : Kind.TOUCHES;
    }
  }

  /** The registers of A of a product. */
  private static Set<String> inputs(Instruction instruction) {
    Set<String> names = new HashSet<>();
    if (isProduct(instruction)) {
      names(instruction.operands().get(1), names::add);
    }
    return names;
  }

  private static boolean anyOf(Collection<String> names, Set<String> others) {
    return names.stream().anyMatch(others::contains);
  }

  /** The registers that an operand names. */
  private static void names(Operand operand, Consumer<String> found) {
    switch (operand) {
      case Operand.Name name -> found.accept(name.name());
      case Operand.Not not -> names(not.operand(), found);
      case Operand.Vector vector -> vector.elements().forEach(e -> names(e, found));
      case Operand.Group group -> group.elements().forEach(e -> names(e, found));
      case Operand.Pair pair -> {
        names(pair.first(), found);
        names(pair.second(), found);
      }
      case Operand.Memory memory -> {
        names(memory.base(), found);
        memory.rest().forEach(e -> names(e, found));
      }
      case Operand.Address address -> names(address.base(), found);
      case Operand.IntegerLiteral literal -> {}
      case Operand.FloatLiteral literal -> {}
      case Operand.Sink sink -> {}
    }
  }

  Kind kind(Step step) {
    return kinds[step.site().pc()];
  }

  /** The products whose registers a step touches. */
  BitSet touched(Step step) {
    return touched[step.site().pc()];
  }

  /** Whether a step must not run while a product is in flight. */
  boolean collide(Step step, Step product) {
    return colliding[step.site().pc()].get(product.site().pc());
  }
}
