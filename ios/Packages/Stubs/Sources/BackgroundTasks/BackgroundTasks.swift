import Foundation

open class BGTaskRequest {
    open var earliestBeginDate: Date? {
        get { fatalError() }
        set {}
    }
}

open class BGProcessingTaskRequest: BGTaskRequest {
    public init(identifier: String) { fatalError() }
    open var requiresNetworkConnectivity: Bool {
        get { fatalError() }
        set {}
    }
}

open class BGTask {
    init() {}
    open var expirationHandler: (() -> Void)? {
        get { fatalError() }
        set {}
    }
    open func setTaskCompleted(success: Bool) {}
}

open class BGTaskScheduler: @unchecked Sendable {
    public static let shared = BGTaskScheduler()
    init() {}
    open func submit(_ taskRequest: BGTaskRequest) throws {}
    open func cancel(taskRequestWithIdentifier identifier: String) {}
    open func register(forTaskWithIdentifier identifier: String, using queue: DispatchQueue?, launchHandler: @escaping (BGTask) -> Void) -> Bool {
        fatalError()
    }
}
