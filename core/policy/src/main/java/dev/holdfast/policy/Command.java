package dev.holdfast.policy;

import dev.holdfast.model.CustomType;
import dev.holdfast.model.PolicySet;
import dev.holdfast.model.PoolPolicy;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What an administrator can ask of the resources. Names are as typed: whether they exist is part of the decision. */
public sealed interface Command {
    /** {@code add resource name -type type -attr attributes [-f]}. */
    record Add(String name, String type, Map<String, String> attributes, boolean force) implements Command {}

    /** {@code modify resource name -attr attributes [-f]}; an empty value gives the default back. */
    record Modify(String name, Map<String, String> attributes, boolean force) implements Command {}

    /** {@code delete resource name... [-f]}. */
    record Delete(List<String> names, boolean force) implements Command {}

    /** {@code -if-version}: only if the one thing that the command names still has this version, see {@link Policy#version}. */
    record IfVersion(String version, Command command) implements Command {}

    /**
     * {@code start resource {name...|-all} [-n server | -s pools] [-k instance] [-f] [-l]}.
     *
     * @param pools only on servers of these; empty: on any
     * @param instance only this one of each, by its number
     * @param leave where a start fails it is left at that: none of what the command starts is tried on another server
     */
    record Start(
            Selection selection,
            Optional<String> server,
            List<String> pools,
            Optional<Integer> instance,
            boolean force,
            boolean leave)
            implements Command {
        public Start {
            pools = List.copyOf(pools);
        }

        public Start(Selection selection, Optional<String> server, boolean force) {
            this(selection, server, List.of(), Optional.empty(), force, false);
        }
    }

    /**
     * {@code stop resource {name...|-all} [-n server | -s pools] [-k instance] [-f] [-l]}.
     *
     * @param pools only on servers of these; empty: on any
     * @param instance only this one of each, by its number
     * @param leave what does not stop is left running, rather than cleaned: for whoever orders the actions; see
     *     {@link dev.holdfast.model.Incident.Kind#STOP_FAILED}
     */
    record Stop(
            Selection selection,
            Optional<String> server,
            List<String> pools,
            Optional<Integer> instance,
            boolean force,
            boolean leave)
            implements Command {
        public Stop {
            pools = List.copyOf(pools);
        }

        public Stop(Selection selection, Optional<String> server, boolean force) {
            this(selection, server, List.of(), Optional.empty(), force, false);
        }
    }

    /** {@code relocate resource {name...|-all} [-s from] [-k instance] [-n to] [-f]}. */
    record Relocate(
            Selection selection, Optional<String> from, Optional<String> to, Optional<Integer> instance, boolean force)
            implements Command {
        public Relocate(Selection selection, Optional<String> from, Optional<String> to, boolean force) {
            this(selection, from, to, Optional.empty(), force);
        }
    }

    /** {@code check resource {name...|-all} [-n server]}. */
    record Check(Selection selection, Optional<String> server) implements Command {}

    /** {@code drain node server [-f]}: with {@code force}, what can run nowhere else is stopped. */
    record Drain(String server, boolean force) implements Command {}

    /** {@code undrain node server}. */
    record Undrain(String server) implements Command {}

    /** {@code set resource use 0|1}. */
    record Use(String server, boolean use) implements Command {}

    /** {@code freeze|unfreeze resource name...}. */
    record Freeze(List<String> names, boolean freeze) implements Command {}

    /** {@code freeze|unfreeze cluster}. */
    record FreezeCluster(boolean freeze) implements Command {}
    /** What changes the setup: everything beside the resources. */
    sealed interface OfSetup extends Command {
        /** {@code -f}: also if something that runs is stopped by it. */
        boolean force();
    }

    /** {@code add type name -basetype base -attr attributes}. */
    record AddType(CustomType type) implements OfSetup {
        @Override
        public boolean force() {
            return false;
        }
    }

    /** {@code modify type name -attr attributes [-f]}: adds attributes, and replaces those it has. */
    record ModifyType(String name, SortedMap<String, CustomType.Own> attributes, boolean force) implements OfSetup {}

    /** {@code setperm type name}: who may do what with it, as text. */
    record SetTypeAccess(String name, String acl) implements OfSetup {
        @Override
        public boolean force() {
            return false;
        }
    }

    /** {@code delete type name...}. */
    record DeleteType(List<String> names) implements OfSetup {
        @Override
        public boolean force() {
            return false;
        }
    }

    /** {@code add serverpool name -attr attributes [-f]}. */
    record AddPool(String name, Map<String, String> attributes, boolean force) implements OfSetup {}

    /**
     * {@code modify serverpool name -attr attributes [-policy policy | -all_policies] [-f]}; an empty value gives the default back.
     *
     * @param policies what these say of the pool is changed, and not what the pool is now; empty: the pool
     */
    record ModifyPool(String name, Map<String, String> attributes, PolicyChoice policies, boolean force)
            implements OfSetup {}

    /** Which policies are meant: all of them, or those named. */
    record PolicyChoice(boolean all, List<String> names) {
        public static final PolicyChoice NONE = new PolicyChoice(false, List.of());

        public PolicyChoice {
            names = List.copyOf(names);
        }

        boolean isEmpty() {
            return !all && names.isEmpty();
        }
    }

    /** {@code add category name -attr attributes}. */
    record AddCategory(String name, Map<String, String> attributes) implements OfSetup {
        @Override
        public boolean force() {
            return false;
        }
    }

    /** {@code modify category name -attr attributes [-f]}; an empty value gives the default back. */
    record ModifyCategory(String name, Map<String, String> attributes, boolean force) implements OfSetup {}

    /** {@code delete category name...}. */
    record DeleteCategory(List<String> names) implements OfSetup {
        @Override
        public boolean force() {
            return false;
        }
    }

    /**
     * {@code set server label|location text [-n server] [-f]}.
     *
     * @param attributes of {@link dev.holdfast.model.ServerCategory#SAID_OF_SERVERS}; an empty value takes one away
     */
    record SetServer(String server, SortedMap<String, String> attributes, boolean force) implements OfSetup {}

    /** What changes the policy set. */
    sealed interface OfPolicies extends OfSetup {}

    /** {@code add policy name [-attr DESCRIPTION=...]}: says of the pools of the set what they are now. */
    record AddPolicy(String name, Map<String, String> attributes) implements OfPolicies {
        @Override
        public boolean force() {
            return false;
        }
    }

    /** {@code modify policy name -attr DESCRIPTION=...}. */
    record ModifyPolicy(String name, Map<String, String> attributes) implements OfPolicies {
        @Override
        public boolean force() {
            return false;
        }
    }

    /** {@code delete policy name...}. */
    record DeletePolicy(List<String> names) implements OfPolicies {
        @Override
        public boolean force() {
            return false;
        }
    }

    /**
     * {@code modify policyset {-attr attributes | -file file} [-ksp] [-f]}. LAST_ACTIVATED_POLICY among the attributes activates it.
     *
     * @param policies in place of all that there are; empty: they stay
     * @param keepPools pools that leave the set stay as they are; else they are deleted
     */
    record ModifyPolicySet(
            Map<String, String> attributes, Optional<List<PoolPolicy>> policies, boolean keepPools, boolean force)
            implements OfPolicies {}

    /** {@code delete serverpool name... [-f]}. */
    record DeletePool(List<String> names, boolean force) implements OfSetup {}

    /** {@code relocate server name... -c pool [-f]}. */
    record RelocateServer(List<String> servers, String pool, boolean force) implements OfSetup {}

    /**
     * {@code apply}: many definitions in one change, or none of them.
     *
     * @param definitions the resources that are to be defined like this, new ones and others
     * @param delete those that are to be forgotten
     * @param beside what is to be configured beside the resources
     * @param revision of the configuration this is meant for, see {@link Policy#revision}; empty: any
     */
    record Apply(
            SortedMap<String, Defined> definitions,
            List<String> delete,
            Beside beside,
            Optional<String> revision,
            boolean force)
            implements Command {
        public Apply {
            definitions = Collections.unmodifiableSortedMap(new TreeMap<>(definitions));
            delete = List.copyOf(delete);
        }
    }

    /**
     * What beside the resources is to be like this: all that is given of it. Empty: to be forgotten.
     *
     * @param categories their attributes as typed
     * @param pools the same
     * @param policies in place of the policy set, which writes down what was activated last and activates nothing; empty: it stays
     * @param servers in place of all that was said of them
     */
    record Beside(
            SortedMap<String, Optional<CustomType>> types,
            SortedMap<String, Optional<Map<String, String>>> categories,
            SortedMap<String, Optional<Map<String, String>>> pools,
            Optional<PolicySet> policies,
            SortedMap<String, SortedMap<String, String>> servers) {
        public static final Beside NONE =
                new Beside(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), Optional.empty());

        public Beside {
            types = Collections.unmodifiableSortedMap(new TreeMap<>(types));
            categories = Collections.unmodifiableSortedMap(new TreeMap<>(categories));
            pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
            servers = Collections.unmodifiableSortedMap(new TreeMap<>(servers));
        }

        /** Nothing about servers. */
        public Beside(
                SortedMap<String, Optional<CustomType>> types,
                SortedMap<String, Optional<Map<String, String>>> categories,
                SortedMap<String, Optional<Map<String, String>>> pools,
                Optional<PolicySet> policies) {
            this(types, categories, pools, policies, new TreeMap<>());
        }

        /** Types and server pools only. */
        public Beside(
                SortedMap<String, Optional<CustomType>> types, SortedMap<String, Optional<Map<String, String>>> pools) {
            this(types, new TreeMap<>(), pools, Optional.empty());
        }
    }

    /** A definition as typed: everything that is given, and nothing of what was given before. */
    record Defined(String type, Map<String, String> attributes) {}

    /** Which resources. */
    sealed interface Selection {
        /** These. */
        record Named(List<String> names) implements Selection {}

        /** All of them ({@code -all}): those for which there is nothing to do are left out silently. */
        record All() implements Selection {}
    }
}
